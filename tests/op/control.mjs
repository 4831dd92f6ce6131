// What a test may change about an issuer, and what it may ask.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { buildProvider } from './configuration.mjs';
import { json, jsonOf } from './http.mjs';
import { newKey } from './keys.mjs';
import { untroubled } from './state.mjs';
import { forged, honest } from './tokens.mjs';

const plain = (session) => ({
  uid: session.uid,
  sub: session.accountId,
  acr: session.acr ?? null,
  amr: session.amr ?? [],
  auth_time: session.loginTs,
  clients: Object.fromEntries(Object.entries(session.authorizations ?? {}).map(([id, one]) => [id, one.sid ?? null])),
});

const signedIn = (state) => state.store.all('Session').filter((one) => one.accountId);

async function tell(state, clientId, sub, sid) {
  const client = await state.provider.Client.find(clientId);
  if (!client?.backchannelLogoutUri) return undefined;
  const said = await client.backchannelLogout(sub, sid).then(
    () => ({ client: clientId, ok: true }),
    (error) => ({ client: clientId, ok: false, error: String(error), status: error.response?.status ?? null }),
  );
  state.logouts.push(said);
  return said;
}

async function endOne(state, session) {
  const told = [];
  for (const [clientId, { sid, grantId }] of Object.entries(session.authorizations ?? {})) {
    told.push(await tell(state, clientId, session.accountId, sid));
    if (grantId) state.store.revoke(grantId);
  }
  await state.store.adapter('Session').destroy(session.jti);
  return told.filter(Boolean);
}

async function logoutToken(state, { client_id: clientId, sub, sid, wrong }) {
  const client = await state.provider.Client.find(clientId);
  const token = new state.provider.IdToken({ sub }, { client, ctx: undefined });
  token.mask = { sub: null };
  token.set('events', { 'http://schemas.openid.net/event/backchannel-logout': {} });
  token.set('jti', randomUUID());
  if (sid !== null) token.set('sid', sid);
  return { token: forged(await token.issue({ use: 'logout' }), { ...honest(), ...wrong }, state.keys[0]) };
}

const VERBS = {
  accounts(state, { accounts }) {
    state.accounts = new Map(accounts.map((one) => [one.sub, one]));
  },
  clients(state, { clients }) {
    if (isDeepStrictEqual(state.clients, clients)) return;
    state.clients = clients;
    buildProvider(state);
  },
  async rotate(state, { keep }) {
    state.keys = [await newKey(), ...(keep ? state.keys : [])];
    buildProvider(state);
    return { kid: state.keys[0].kid };
  },
  counts: (state) => ({
    fetches: state.fetches,
    graph: state.fetches.graph ?? 0,
    authorizations: state.authorizations,
    token_requests: state.tokenRequests,
    revocations: state.revocations,
    logouts: state.logouts,
  }),
  sessions: (state) => ({ sessions: signedIn(state).map(plain) }),
  async end(state, { sub }) {
    const told = [];
    for (const session of signedIn(state)) {
      if (sub === null || session.accountId === sub) told.push(...await endOne(state, session));
    }
    return { told };
  },
  logout_token: logoutToken,
  switches(state, wanted) {
    Object.assign(state.switches, wanted);
  },
  wrong(state, { token, ...wrong }) {
    state.wrong[token] = { ...honest(), ...wrong };
  },
  body(state, { endpoint, set, off }) {
    state.bodies[endpoint] = { set, off };
  },
  forget(state) {
    state.store.clear();
  },
  well(state) {
    Object.assign(state, untroubled());
  },
  graph(state, wanted) {
    Object.assign(state.graph, wanted);
  },
  contexts(state, { contexts }) {
    state.contexts = contexts;
  },
};

/** Does what a test asks. */
export async function control(state, req, res, url) {
  const verb = VERBS[url.pathname.slice('/_control/'.length)];
  if (!verb) return json(res, 404, { error: 'no such verb' });
  return json(res, 200, await verb(state, await jsonOf(req)) ?? {});
}
