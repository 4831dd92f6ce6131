// What each maker's provider is like: its issuer's path, its words for how somebody signed in, its claims.
import { createHash } from 'node:crypto';

export const TENANT = '6b1f6c3e-5c0a-4d3e-9a57-0f6a1d2b7c11';
const PAPE = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

/** Makes a GUID out of a subject, the same each time. */
const guid = (sub) => {
  const hex = createHash('sha256').update(sub).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
};

const some = (name, list) => (list.length ? { [name]: list } : {});

const overage = (account) => ({
  _claim_names: { groups: 'src1' },
  // As the real one still says: a service that is gone. Whoever follows it finds nobody.
  _claim_sources: {
    src1: { endpoint: `https://graph.windows.net/${TENANT}/users/${guid(account.sub)}/getMemberObjects` },
  },
});

const entra = (account, { mask }) => {
  const asked = mask?.acrs?.values ?? (mask?.acrs?.value ? [mask.acrs.value] : []);
  return {
    tid: TENANT,
    oid: guid(account.sub),
    ver: '2.0',
    preferred_username: account.username,
    ...some('roles', account.roles),
    ...(account.overage ? overage(account) : some('groups', account.groups)),
    ...some('acrs', asked),
  };
};

const OKTA = {
  levels: {
    'urn:okta:loa:1fa:any': 0,
    'urn:okta:loa:1fa:pwd': 0,
    'urn:okta:loa:2fa:any': 1,
    'urn:okta:loa:2fa:any:ifpossible': 1,
    phr: 2,
    phrh: 2,
  },
  amr: [['pwd'], ['mfa', 'otp', 'pwd'], ['mfa', 'hwk', 'pwd']],
  always: ['amr', 'auth_time'],
  // It tells browsers of sign-outs, never servers.
  backchannel: false,
};
// What a custom server knows of scopes until somebody adds one: `groups` is none of them.
const OKTA_SCOPES = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access', 'device_sso'];
const okta = (account) => ({ ver: 1, idp: '00o1gatehouse', ...some('groups', account.groups) });

const GENERIC = {
  path: '',
  levels: { '': 0, mfa: 1 },
  amr: [['pwd'], ['pwd', 'otp', 'mfa']],
  always: [],
  never: [],
  backchannel: true,
  endSession: true,
  // Whether it takes sign-ins and sign-outs by POST, as its makers say.
  posted: true,
  // Where scopes are listed, any other is an error; else what is not known is ignored.
  scopes: null,
  // What it calls its logout tokens, where that is not what the standard recommends.
  logoutType: null,
  offline: 'scope',
  userinfo: ['groups'],
  claims: (account) => some('groups', account.groups),
};

export const SHAPES = {
  generic: GENERIC,
  keycloak: {
    ...GENERIC,
    path: '/realms/gatehouse',
    levels: { 1: 0, 2: 1 },
    amr: [['pwd'], ['pwd', 'otp']],
    sid: true,
    // It says amr only where somebody has named the methods by hand.
    always: ['acr', 'auth_time'],
    claims: (account) => ({
      typ: 'ID',
      preferred_username: account.username,
      ...some('groups', account.groups),
      realm_access: { roles: account.roles },
    }),
  },
  'okta-org': {
    ...GENERIC,
    ...OKTA,
    // The organisation's own server tells groups only to who asks for that scope.
    claims: (account, { scopes }) => okta(scopes.has('groups') ? account : { ...account, groups: [] }),
  },
  okta: { ...GENERIC, ...OKTA, path: '/oauth2/default', scopes: OKTA_SCOPES, claims: okta },
  entra: {
    ...GENERIC,
    path: `/${TENANT}/v2.0`,
    levels: { '': 0, '1': 1 },
    amr: [['pwd'], ['pwd', 'mfa']],
    // Its ID tokens of version 2 say neither, whatever one asks for.
    always: ['auth_time'],
    never: ['acr', 'amr'],
    userinfo: [],
    backchannel: false,
    posted: false,
    claims: entra,
  },
  google: {
    ...GENERIC,
    levels: { '': 0 },
    amr: [[]],
    never: ['acr', 'amr', 'auth_time', 'sid'],
    userinfo: ['hd'],
    backchannel: false,
    endSession: false,
    offline: 'access_type',
    scopes: ['openid', 'profile', 'email'],
    claims: (account) => ({
      email: account.email,
      email_verified: true,
      hd: account.email?.split('@')[1],
    }),
  },
  auth0: {
    ...GENERIC,
    // Its issuer ends with a slash, and so does the claim.
    path: '/',
    levels: { '': 0, [PAPE]: 1 },
    amr: [[], ['mfa']],
    always: ['amr'],
    logoutType: 'JWT',
    userinfo: ['https://gatehouse.example/roles', 'https://gatehouse.example/groups'],
    claims: (account) => ({
      'https://gatehouse.example/roles': account.roles,
      'https://gatehouse.example/groups': account.groups,
    }),
  },
  ping: {
    ...GENERIC,
    path: '/env/as',
    // The names of its sign-on policies.
    levels: { Single_Factor: 0, Multi_Factor: 1 },
    always: ['acr', 'amr', 'auth_time'],
    backchannel: false,
  },
};

/** Tells how strong a sign-in was that says `acr`: 0 is one factor. */
export const rank = (shape, acr) => shape.levels[acr ?? ''] ?? 0;

/** Gives acr and amr of a sign-in of a rank, in the words that were asked for if they are of that rank. */
export function proof(shape, wanted, level) {
  const known = Object.entries(shape.levels).filter(([, value]) => value === level).map(([name]) => name);
  const acr = wanted.find((name) => known.includes(name)) ?? known[0];
  return { acr: acr || undefined, amr: shape.amr[level] };
}
