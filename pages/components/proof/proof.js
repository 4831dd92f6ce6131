// The proof of one record: where it is sealed, and the same checked by this browser, step by step.

import { button, element, glyph } from "../gatehouse.shared/dom.js";
import { here, number, stamp } from "../gatehouse.shared/formats.js";
import { bytesOf, canHash, FAILED, hexOf, leafHash, PASSED, steps, UNKNOWN } from "./verify.js";

const WORDS = {
  [PASSED]: ["✓", "holds"],
  [FAILED]: ["✕", "does not hold"],
  [UNKNOWN]: ["?", "can't be checked here"],
};
const CANNOT = "This browser computes no hashes here: open Gatehouse by https, or check the record by its evidence package.";
const UNSEALED = "Not sealed yet: that takes up to a second. If it stays so, look at Health.";

/** Build the part of a record's panel; what it shows is asked for when somebody opens it. */
export function proof(record) {
  const body = element("div", "proof-body");
  const built = element("details", "part proof", element("summary", "", "Proof that it is sealed"), body);
  built.addEventListener("toggle", () => {
    if (built.open && !body.childNodes.length) void show(record, body);
  });
  return built;
}

async function show(record, body) {
  body.replaceChildren(element("p", "soft", "Asking for the proof…"));
  const told = await ask(record);
  if (typeof told === "string") body.replaceChildren(element("p", "", told), again(record, body));
  else if (told.index === undefined) body.replaceChildren(element("p", "", UNSEALED), again(record, body));
  else body.replaceChildren(...(await drawn(told)));
}

const again = (record, body) => button("tool", "Look again", () => show(record, body));

/** What the server tells, or the sentence that says why it does not. */
async function ask(record) {
  try {
    const answer = await fetch(`/proofs/${record}`, { cache: "no-store", redirect: "manual" });
    if (answer.ok) return await answer.json();
    if (answer.status === 404) return "There is no such record among yours.";
    const { message } = await answer.json();
    return message ?? "The proof could not be read.";
  } catch {
    return "The proof could not be read.";
  }
}

async function drawn(told) {
  const hash = canHash() ? hexOf(await leafHash(bytesOf(told.leaf))) : "";
  const facts = [
    ["Leaf hash", hash, true],
    ["Index", `${number(told.index)} of ${number(told.size)}`],
    ["Signed", stamp(told.sealed_at, here)],
    ["Key", told.vkey, true],
    ["Fingerprint", told.fingerprint, true],
  ];
  const note = element("pre", "mono", told.note);
  note.tabIndex = 0;
  note.setAttribute("aria-label", "The signed checkpoint");
  const list = element("ol", "proof-steps");
  const verdict = element("p", "proof-verdict");
  verdict.setAttribute("role", "status");
  const start = button("tool", "Verify in this browser", () => verify(told, { list, verdict, start }));
  return [
    terms(facts.filter(([, text]) => text)),
    element("p", "soft", "Compare the fingerprint with the one that was printed when the key was made; Health shows it too."),
    element("p", "proof-title", "Checkpoint"),
    note,
    start,
    list,
    verdict,
  ];
}

function terms(facts) {
  const rows = facts.map(([name, text, mono]) =>
    element("div", "term", element("dt", "", name), element("dd", mono ? "mono" : "", text)),
  );
  return element("dl", "", ...rows);
}

async function verify(told, { list, verdict, start }) {
  list.replaceChildren();
  verdict.textContent = "";
  delete verdict.dataset.state;
  if (!canHash()) {
    verdict.textContent = CANNOT;
    return;
  }
  start.disabled = true;
  const states = [];
  try {
    for await (const step of steps(told)) {
      states.push(step.state);
      list.append(line(step));
    }
  } finally {
    start.disabled = false;
  }
  conclude(states, verdict);
}

function line({ name, state, more }) {
  const [sign, word] = WORDS[state];
  const built = element("li", "", glyph(sign), `${name}: `, element("b", "", word), element("span", "soft mono", more));
  built.dataset.state = state;
  return built;
}

function conclude(states, verdict) {
  const state = states.includes(FAILED) ? FAILED : states.includes(UNKNOWN) ? UNKNOWN : PASSED;
  const words = {
    [PASSED]: "Every step holds: this record is what was sealed.",
    [FAILED]: "Not every step holds: this record is not what was sealed.",
    [UNKNOWN]: "All that this browser can check holds.",
  };
  verdict.dataset.state = state;
  verdict.textContent = words[state];
}
