// How oidc-provider is set up for an issuer.
import { createHash } from 'node:crypto';

import Provider, { interactionPolicy } from 'oidc-provider';

import { rank } from './shapes.mjs';
import { shapeTokens } from './tokens.mjs';

const { Check, Prompt, base } = interactionPolicy;

/** Gives the values of a claim that was asked for. */
const valuesOf = (request) => request?.values ?? (request?.value === undefined ? [] : [request.value]);

/** Gives what was asked of a sign-in: the acr values of our shape, and whether they must be met. */
export function asked(state, oidcClaims) {
  const { acr, acrs } = oidcClaims?.id_token ?? {};
  const contexts = valuesOf(acrs).filter((one) => state.contexts.includes(one));
  const values = valuesOf(acr).filter((one) => one in state.shape.levels);
  return {
    values,
    level: Math.max(contexts.length ? 1 : 0, values.length ? Math.min(...values.map((one) => rank(state.shape, one))) : 0),
    essential: Boolean(acr?.essential || contexts.length),
  };
}

/** Gives what somebody must have shown for a session to be as strong as it is. */
const shown = (state, session) => {
  const { amr = [] } = session;
  return Math.max(0, state.shape.amr.findIndex((one) => one.join() === amr.join()));
};

function secondFactor(state) {
  return new Check('second_factor', 'another factor is required', 'login_required', ({ oidc }) => {
    const account = state.accounts.get(oidc.session.accountId);
    if (!account || account.weak || oidc.result?.login) return Check.NO_NEED_TO_PROMPT;
    return asked(state, oidc.claims).level > shown(state, oidc.session);
  });
}

function policy(state) {
  const prompts = base();
  const login = prompts.get('login');
  // The provider's own would ask a weak account for ever; ours is asked once.
  login.checks.remove('essential_acrs');
  login.checks.remove('essential_acr');
  login.checks.add(secondFactor(state));
  prompts.remove('consent');
  prompts.add(new Prompt({ name: 'consent', requestable: true }));
  prompts.add(new Prompt({ name: 'select_account', requestable: true }), 0);
  return prompts;
}

/** Everybody consents to everything, without being asked. */
const loadExistingGrant = async ({ oidc }) => {
  const { provider, session, client, params } = oidc;
  const known = oidc.result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const grant = (known && await provider.Grant.find(known))
    || new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope(params.scope);
  grant.addOIDCClaims([...oidc.requestParamClaims]);
  await grant.save();
  return grant;
};

const findAccount = (state) => async (_ctx, sub) => {
  const account = state.accounts.get(sub);
  return account && {
    accountId: sub,
    claims: async (use, scope) => ({
      sub,
      name: account.name,
      preferred_username: account.username,
      email: account.email,
      email_verified: Boolean(account.email),
      // An ID token gets these by its shape (tokens.mjs), and userinfo here.
      ...(use === 'userinfo' ? state.shape.claims(account, { scopes: new Set(scope.split(' ')) }) : {}),
      ...account.claims,
    }),
  };
};

/** A refresh token is given to who asks for it; elsewhere than here nobody must ask for consent with it. */
const offline = (state) => ({
  expiresWithSession: async ({ oidc }, source) => {
    if (oidc.params?.gatehouse_offline) state.offline.add(source.grantId);
    return !state.offline.has(source.grantId) && !source.scopes.has('offline_access');
  },
  issueRefreshToken: async (_ctx, client, source) => client.grantTypeAllowed('refresh_token')
    && (state.offline.has(source.grantId) || source.scopes.has('offline_access')),
});

const features = (state) => ({
  devInteractions: { enabled: false },
  dPoP: { enabled: false },
  pushedAuthorizationRequests: { enabled: false },
  resourceIndicators: { enabled: false },
  claimsParameter: { enabled: true },
  revocation: { enabled: true },
  backchannelLogout: { enabled: state.spec.backchannel ?? state.shape.backchannel },
  rpInitiatedLogout: {
    enabled: state.shape.endSession,
    logoutSource: (ctx, form) => {
      const sure = ctx.oidc.entities.IdTokenHint !== undefined;
      const go = sure ? '<script>document.forms[0].submit()</script>' : '';
      const yes = '<input type="hidden" name="logout" value="yes"/><button>Sign out</button></form>';
      ctx.body = `<!DOCTYPE html><html lang="en"><title>Sign out</title><main>${form.replace('</form>', yes)}</main>${go}`;
    },
    postLogoutSuccessSource: (ctx) => {
      ctx.body = '<!DOCTYPE html><html lang="en"><title>Signed out</title><main><h1>Signed out</h1></main>';
    },
  },
});

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const DAY = 24 * 60 * 60;

function configuration(state) {
  return {
    adapter: (model) => state.store.adapter(model),
    acrValues: Object.keys(state.shape.levels).filter(Boolean),
    claims: {
      acr: null, amr: null, auth_time: null, iss: null, sid: null, acrs: null,
      openid: ['sub', ...state.shape.userinfo],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: [],
    },
    clients: state.clients,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    conformIdTokenClaims: false,
    cookies: {
      // Cookies are shared by all ports of a host, and each issuer has its own people.
      names: Object.fromEntries(['session', 'interaction', 'resume'].map((one) => [one, `op_${state.name}_${one}`])),
      keys: state.cookieKeys,
      // Whoever takes a form of another site must know whose browser brings it.
      long: state.shape.posted ? { sameSite: 'none', secure: true } : {},
    },
    enableHttpPostMethods: state.shape.posted,
    extraParams: ['client_info', 'domain_hint', 'X-AnchorMailbox', 'access_type', 'gatehouse_offline'],
    features: features(state),
    fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
    findAccount: findAccount(state),
    interactions: { policy: policy(state), url: (_ctx, interaction) => `${state.mount}/_login/${interaction.uid}` },
    jwks: { keys: state.keys },
    loadExistingGrant,
    rotateRefreshToken: () => state.spec.rotate_refresh,
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access', 'profile', 'email', 'groups'],
    ttl: { AccessToken: 3600, AuthorizationCode: 60, IdToken: 3600, Interaction: DAY, RefreshToken: DAY, Session: DAY, Grant: DAY },
    ...offline(state),
  };
}

function altered(body, { set, off }) {
  const rest = Object.entries({ ...body, ...set }).filter(([name]) => !off.includes(name));
  return Object.fromEntries(rest);
}

function watch(provider, state) {
  provider.use(async (ctx, next) => {
    await next();
    const { route, params } = ctx.oidc ?? {};
    if (state.bodies[route]) ctx.body = altered(ctx.body, state.bodies[route]);
    if (route === 'token') {
      state.tokenRequests.push({ grant_type: params?.grant_type, status: ctx.status, error: ctx.body?.error });
    } else if (route === 'revocation') {
      const { token, token_type_hint: hint } = params ?? {};
      state.revocations.push({ sha256: sha256(token ?? ''), hint: hint ?? null, status: ctx.status });
    }
  });
  provider.on('backchannel.success', (_ctx, client) => state.logouts.push({ client: client.clientId, ok: true }));
  provider.on('backchannel.error', (_ctx, error, client) => state.logouts.push({ client: client.clientId, ok: false, error: String(error) }));
  provider.on('server_error', (_ctx, error) => console.error(state.name, error));
}

/** Builds the provider of an issuer anew; what it remembers lies in the state's store. */
export function buildProvider(state) {
  const provider = new Provider(state.issuer, configuration(state));
  shapeTokens(provider, state);
  if (state.shape.sid) provider.Client.prototype.includeSid = () => true;
  watch(provider, state);
  state.provider = provider;
  state.serve = provider.callback();
}
