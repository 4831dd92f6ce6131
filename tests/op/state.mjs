// What an issuer is: what does not change, what a test changes, and what it counts.
import { randomBytes } from 'node:crypto';

import { newKey } from './keys.mjs';
import { SHAPES } from './shapes.mjs';
import { Store } from './store.mjs';
import { honest } from './tokens.mjs';

/** What an issuer is like while no test makes trouble. */
export const untroubled = () => ({
  switches: { down: null, only: null, slow: 0, offset: 0 },
  bodies: {},
  wrong: { id: honest(), logout: honest() },
  graph: { pageSize: 100, fail: 0 },
  contexts: ['c1', 'c2', 'c3'],
});

/** Makes the state of an issuer on a port. */
export async function newState(spec, port) {
  const shape = SHAPES[spec.shape];
  const origin = `https://localhost:${port}`;
  const path = spec.path ?? shape.path;
  return {
    name: spec.name, spec, shape, origin,
    issuer: origin + path,
    mount: path.replace(/\/$/, ''),
    clients: spec.clients,
    accounts: new Map(spec.accounts.map((one) => [one.sub, one])),
    keys: [await newKey()],
    cookieKeys: [randomBytes(18).toString('hex')],
    ...untroubled(),
    store: new Store(),
    fetches: {}, authorizations: [], tokenRequests: [], revocations: [], logouts: [], offline: new Set(),
  };
}
