// The page on which somebody says who they are. There are no passwords.
import { asked } from './configuration.mjs';
import { formOf, html, safe } from './http.mjs';
import { proof } from './shapes.mjs';

function page(res, { hint = '', wanted, problem = '' }, status = 200) {
  const alert = problem && `<p role="alert">${safe(problem)}</p>`;
  const note = wanted && '<p id="wanted">A second factor is asked for.</p>';
  html(res, status, `<title>Sign in</title><main><h1>Sign in</h1>${alert}${note}
    <form method="post">
    <p><label>Username <input name="username" value="${safe(hint)}" autofocus></label></p>
    <p><label><input type="checkbox" name="second_factor" value="on"> Second factor</label></p>
    <button name="answer" value="yes">Sign in</button>
    <button name="answer" value="no">Cancel</button>
    </form></main>`);
}

const find = (state, username) => [...state.accounts.values()].find((one) => one.username === username);

function outcome(state, form, wish) {
  const account = find(state, form.get('username'));
  if (form.get('answer') === 'no') return { error: 'access_denied', error_description: 'the person cancelled' };
  if (!account) return { problem: 'Nobody is called that.' };
  if (wish.level && account.refuses) {
    return { error: 'unmet_authentication_requirements', error_description: 'the factor could not be had' };
  }
  const strong = form.get('second_factor') === 'on' && !account.weak;
  if (wish.essential && wish.level && !strong && !account.weak) return { problem: 'A second factor is needed.' };
  const highest = state.shape.amr.length - 1;
  const level = strong ? Math.min(highest, Math.max(1, wish.level)) : 0;
  return { login: { accountId: account.sub, ...proof(state.shape, wish.values, level) } };
}

const claimsOf = (params) => {
  const claims = params.claims ? JSON.parse(params.claims) : {};
  if (!params.acr_values) return claims;
  return { ...claims, id_token: { ...claims.id_token, acr: { values: params.acr_values.split(' ') } } };
};

/** Serves the page, and takes what is sent by it. */
export async function interact(state, req, res) {
  const { prompt, params } = await state.provider.interactionDetails(req, res);
  const finish = (result) => state.provider.interactionFinished(req, res, result);
  if (prompt.name === 'consent') return finish({ consent: {} });
  const wish = asked(state, claimsOf(params));
  const wanted = wish.level > 0;
  if (req.method !== 'POST') return page(res, { hint: params.login_hint, wanted });
  const form = await formOf(req);
  const { problem, ...result } = outcome(state, form, wish);
  if (problem) return page(res, { hint: form.get('username'), wanted, problem }, 400);
  return finish(prompt.name === 'select_account' ? { select_account: {}, ...result } : result);
}
