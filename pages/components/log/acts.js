// An act of an operator as a row: what, where, who and by what right, how it was proved, why, how it ended.

import { element, glyph } from "../gatehouse.shared/dom.js";
import { event, where } from "./records.js";

export const ACTS = {
  columns: [
    ["time", "Time"],
    ["event", "What"],
    ["where", "Where"],
    ["who", "Who"],
    ["from", "From"],
    ["proof", "Step-up"],
    ["why", "Reason"],
    ["outcome", "Outcome"],
    ["no", "No."],
  ],
  cells: (row, { only, isNew }) => [
    event(row, isNew),
    place(row, only),
    who(row),
    from(row),
    proof(row),
    why(row),
    outcome(row, only),
  ],
};

const soft = (text) => (text ? element("span", "soft line-of", text) : null);

function place(row, only) {
  if (!row.doors) return where(row.door ? row : { ...row, device: null }, only);
  return element("td", "where", row.doors, row.site ? element("span", "place", row.siteName) : null);
}

/** The roles are those of that moment, whatever the person is today. */
function who({ name, subject, roles }) {
  return element("td", "who", name || "–", soft(subject), soft(roles));
}

function from({ address, network, session }) {
  const its = session ? element("span", "soft line-of", "session ", element("code", "", session)) : null;
  return element("td", "from", address, soft(network), its);
}

function proof({ proof: means, proofAge, second, secondBy }) {
  const cell = element("td", "proof", means, soft(proofAge));
  if (secondBy) cell.append(element("span", "line-of", `and ${secondBy}`), soft(second) ?? "");
  return cell;
}

function why({ why: words, told }) {
  return element("td", "why", words, ...told.map((one) => element("span", "note", one)));
}

function outcome({ outcome: end }, only) {
  const cell = element("td", "outcome");
  if (end.words) {
    const word = element("span", "ending", glyph(end.sign), end.words);
    if (end.tone) word.dataset.tone = end.tone;
    cell.append(word, soft(end.label) ?? "");
  }
  if (end.code) cell.append(element("span", "line-of", only("reason", end.code, end.reason)));
  else if (end.reason) cell.append(element("span", "line-of", end.reason));
  return cell;
}
