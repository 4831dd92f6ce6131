// An issuer on a port of its own: what it is, and how its requests are passed on.
import { once } from 'node:events';
import { createServer } from 'node:https';

import { byClock } from './clock.mjs';
import { buildProvider } from './configuration.mjs';
import { control } from './control.mjs';
import { graph } from './graph.mjs';
import { html, json } from './http.mjs';
import { interact } from './login.mjs';
import { newState } from './state.mjs';

const KINDS = {
  '/.well-known/openid-configuration': 'discovery',
  '/jwks': 'jwks',
  '/auth': 'authorization',
  '/token': 'token',
  '/token/revocation': 'revocation',
  '/me': 'userinfo',
  '/session/end': 'end_session',
};

function kindOf(state, url) {
  if (url.pathname.startsWith('/graph/')) return 'graph';
  return url.pathname.startsWith(state.mount) ? KINDS[url.pathname.slice(state.mount.length)] ?? 'other' : 'other';
}

const strange = ({ shape }, url) => shape.scopes
  && !(url.searchParams.get('scope') ?? '').split(' ').every((one) => shape.scopes.includes(one));

/** Marks a request for a refresh token: the provider itself forgets that when consent is not asked for too. */
function markOffline(state, url) {
  const asks = { scope: /\boffline_access\b/.test(url.searchParams.get('scope')), access_type: url.searchParams.get('access_type') === 'offline' };
  if (asks[state.shape.offline]) url.searchParams.set('gatehouse_offline', '1');
}

async function pass(state, req, res, url, kind) {
  if (kind === 'graph') return graph(state, req, res, url);
  if (!url.pathname.startsWith(`${state.mount}/`)) return json(res, 404, { error: 'not here' });
  if (url.pathname.startsWith(`${state.mount}/_login/`)) return interact(state, req, res);
  if (kind === 'authorization') {
    state.authorizations.push(Object.fromEntries(url.searchParams));
    if (strange(state, url)) return html(res, 400, '<title>Error</title><main><h1>Error 400: invalid_scope</h1></main>');
    markOffline(state, url);
  }
  const full = url.pathname + url.search;
  if (state.mount) req.originalUrl = full;
  req.url = full.slice(state.mount.length);
  return state.serve(req, res);
}

/** Answers as a service in trouble; tells whether it did. */
function troubled({ down, only }, kind, req, res) {
  if (!down || (only && !only.includes(kind))) return false;
  if (down === 'close') req.socket.destroy();
  else json(res, down, { error: 'temporarily_unavailable' });
  return true;
}

async function answer(state, req, res) {
  const url = new URL(req.url, state.origin);
  if (url.pathname.startsWith('/_control/')) return control(state, req, res, url);
  const kind = kindOf(state, url);
  state.fetches[kind] = (state.fetches[kind] ?? 0) + 1;
  const { slow } = state.switches;
  if (slow) await new Promise((resolve) => { setTimeout(resolve, slow); });
  if (troubled(state.switches, kind, req, res)) return undefined;
  res.setHeader('date', new Date(Date.now()).toUTCString());
  return pass(state, req, res, url, kind);
}

function failed(res, error) {
  console.error(error);
  if (!res.headersSent) json(res, 400, { error: String(error) });
}

/** Opens the port of an issuer; port 0 is any that is free. */
export async function openIssuer(spec, tls) {
  const server = createServer(tls);
  // Or a client that was quiet for five seconds may ask just as its connection is closed.
  server.keepAliveTimeout = 10 * 60_000;
  server.listen(spec.port, '127.0.0.1');
  await once(server, 'listening');
  const state = await newState(spec, server.address().port);
  buildProvider(state);
  server.on('request', (req, res) => {
    byClock(() => state.switches.offset, () => answer(state, req, res)).catch((error) => failed(res, error));
  });
  return { name: state.name, issuer: state.issuer, origin: state.origin };
}
