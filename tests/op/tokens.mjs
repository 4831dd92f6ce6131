// ID tokens and logout tokens: the shape's claims, and what a test wants wrong about them.
import { createHmac, createPublicKey, createPrivateKey, constants, generateKeyPairSync, sign } from 'node:crypto';

import { proof } from './shapes.mjs';

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (part) => JSON.parse(Buffer.from(part, 'base64url'));

/** Nothing is wrong until a test says so. */
export const honest = () => ({ claims: {}, off: [], header: {}, signature: 'good' });

function signature(how, data, { alg, jwk }) {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const padding = alg?.startsWith('PS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const options = { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  switch (how) {
    case 'good': return sign('sha256', data, options);
    case 'broken': return sign('sha256', Buffer.concat([data, Buffer.from('.')]), options);
    case 'stranger': return sign('sha256', data, { ...options, key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey });
    case 'none': return Buffer.alloc(0);
    case 'hs256': return createHmac('sha256', createPublicKey(key).export({ type: 'spki', format: 'pem' })).update(data).digest();
    default: throw new Error(`no such signature: ${how}`);
  }
}

const ALGORITHM = { none: 'none', hs256: 'HS256' };

/** Gives a token with other claims, another header or another signature. */
export function forged(jwt, wrong, jwk) {
  const [head, body] = jwt.split('.').slice(0, 2).map(decoded);
  const claims = { ...body, ...wrong.claims };
  for (const name of wrong.off) delete claims[name];
  const alg = ALGORITHM[wrong.signature] ?? head.alg;
  const data = `${encoded({ ...head, alg, ...wrong.header })}.${encoded(claims)}`;
  return `${data}.${signature(wrong.signature, Buffer.from(data), { alg: head.alg, jwk }).toString('base64url')}`;
}

const isHonest = (wrong) => JSON.stringify(wrong) === JSON.stringify(honest());

function shaped(state, token, payload) {
  const account = state.accounts.get(payload.sub);
  if (!account || payload.events) return payload;
  const { shape } = state;
  const facts = { ...proof(shape, [], 0), ...token.available };
  const always = Object.fromEntries(shape.always.map((name) => [name, facts[name]]));
  const scopes = new Set((token.scope ?? '').split(' '));
  const all = { ...always, ...payload, ...shape.claims(account, { mask: token.mask, scopes }), ...account.claims };
  for (const name of shape.never) delete all[name];
  return all;
}

/** What is wrong with logout tokens, over what the shape calls them. */
const ending = ({ shape, wrong }) => (shape.logoutType
  ? { ...wrong.logout, header: { typ: shape.logoutType, ...wrong.logout.header } }
  : wrong.logout);

/** Lets a provider's ID tokens and logout tokens be as the state says. */
export function shapeTokens(provider, state) {
  const { prototype } = provider.IdToken;
  const { payload, issue } = prototype;
  prototype.payload = async function shapedPayload() {
    return shaped(state, this, await payload.call(this));
  };
  prototype.issue = async function issued(options) {
    const jwt = await issue.call(this, options);
    const wrong = { idtoken: state.wrong.id, logout: ending(state) }[options.use];
    return !wrong || isHonest(wrong) ? jwt : forged(jwt, wrong, state.keys[0]);
  };
}
