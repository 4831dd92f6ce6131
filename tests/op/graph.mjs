// What Microsoft Graph says about one's groups, for access tokens of this issuer.
import { json, jsonOf } from './http.mjs';

const refuse = (res, status, code) => json(res, status, { error: { code, message: code } });

function page(state, groups, from) {
  const { pageSize } = state.graph;
  const rest = from + pageSize < groups.length
    ? { '@odata.nextLink': `${state.origin}/graph/v1.0/me/getMemberObjects?$skiptoken=${from + pageSize}` }
    : {};
  return { '@odata.context': `${state.origin}/graph/v1.0/$metadata#Collection(Edm.String)`, value: groups.slice(from, from + pageSize), ...rest };
}

/** Answers getMemberObjects, a page at a time. */
export async function graph(state, req, res, url) {
  if (state.graph.fail) return refuse(res, state.graph.fail, 'TooManyRequests');
  const [scheme, value] = (req.headers.authorization ?? '').split(' ');
  const token = scheme === 'Bearer' && await state.provider.AccessToken.find(value);
  const account = token && state.accounts.get(token.accountId);
  if (!account) return refuse(res, 401, 'InvalidAuthenticationToken');
  if (url.pathname !== '/graph/v1.0/me/getMemberObjects') return refuse(res, 404, 'ResourceNotFound');
  const from = Number(url.searchParams.get('$skiptoken') ?? 0);
  if (from === 0) {
    if (req.method !== 'POST') return refuse(res, 405, 'MethodNotAllowed');
    if (typeof (await jsonOf(req)).securityEnabledOnly !== 'boolean') return refuse(res, 400, 'BadRequest');
  }
  return json(res, 200, page(state, account.groups, from));
}
