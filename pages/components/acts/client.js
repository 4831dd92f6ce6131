// What the server is asked of acts. An answer that is no good is a `Refusal`, with a sentence for the person.

const JSON_HEAD = { "content-type": "application/json" };
const SIGNED_OUT = 401;
const ABSENT = 404;
const GONE = "This is not there any more, or not yours to do.";

/** Why something was not done; `signIn` where only a new sign-in helps, `unanswered` where nobody said anything.
 *
 * `taken` is the act of whoever has the door, as the stream tells of it, where that is why. */
export class Refusal extends Error {
  constructor(words, { code = "", signIn = false, unanswered = false, taken = null } = {}) {
    super(words);
    Object.assign(this, { code, signIn, unanswered, taken });
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", redirect: "manual", ...options });
  } catch {
    throw new Refusal("Gatehouse did not answer.", { unanswered: true });
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  throw await refusal(answer);
}

async function refusal(answer) {
  let told = {};
  try {
    told = await answer.json();
  } catch {
    // A proxy between us answers in its own way.
  }
  if (answer.status === SIGNED_OUT) {
    const words = told.error === "idle" ? "Nobody touched this browser for long." : "Your session has ended.";
    return new Refusal(words, { code: told.error, signIn: true });
  }
  if (answer.status === ABSENT) return new Refusal(GONE, { code: told.error });
  const words = told.message ?? "Gatehouse could not answer just now.";
  return new Refusal(words, { code: told.error, unanswered: answer.status >= 500, taken: told.taken });
}

const send = (path, body) => ask(path, { method: "POST", headers: JSON_HEAD, body: JSON.stringify(body) });
const named = (id) => `/acts/${encodeURIComponent(id)}`;

/** Ask for an act: `{id, expires_at, proofs, passkey?, shown, persons}`. */
export const begin = (wish) => send("/acts", wish);

/** Show one proof of an act; gives its state. */
export const prove = (id, proof) => send(`${named(id)}/proof`, proof);

/** The state of an act. */
export const read = (id) => ask(named(id));

/** Take back an act that nobody has proved yet; the page may be left meanwhile. */
export const withdraw = (id) =>
  ask(`${named(id)}/withdraw`, { method: "POST", headers: JSON_HEAD, body: "{}", keepalive: true });

/** Acts of others that wait for a second person. */
export const waiting = async () => (await ask("/acts?waiting")).acts;

/** Where the identity provider is asked for a proof of this act. */
export const provider = (id) => `${named(id)}/idp`;

/** What is done about a call: "claim", "release" or "decline". */
export const handle = (verb, call, more = {}) =>
  send(`/calls/${verb}`, { device: call.device, call: call.call, ...more });
