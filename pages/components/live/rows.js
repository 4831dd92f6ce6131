// One line of the feed, and the bands that stand for what is not there.

import { element, write } from "../gatehouse.shared/dom.js";
import { show, sign } from "./signs.js";
import { age, iso, moment, shortOffset } from "./times.js";

const LATE = 60e6;
const SIGNS = { info: "dot", notice: "ring", warning: "triangle", alarm: "diamond" };
// A severity has no voice of its own: the sign is decoration, and this word stands beside it.
const SEVERITIES = { info: "", notice: "", warning: "Warning", alarm: "Alarm" };

/** A code for which there are no words of ours. */
export const spaced = (code) => code.replaceAll("_", " ");

let reasons = new Map();

/** Take the words for reasons, by their codes: the log says the same. */
export function speak(words) {
  reasons = new Map(Object.entries(words));
}

/** A reason in words. */
export const worded = (code) => reasons.get(code) ?? spaced(code);

/** A band without a record: it has the row's shape, so that the list need not know. */
export function band(kind, text) {
  const node = element("p", "band");
  node.dataset.band = kind;
  node.append(sign(kind === "start" ? "dash" : "cut"), element("span", "", text));
  return { node, severity: "info" };
}

function gapWords(record, closed) {
  const count = record.missing;
  const many = count === 1 ? "1 record" : count ? `${count} records` : "Records";
  const device = record.device ?? "a device";
  if (closed === "filled") return `${many} of ${device} were missing and have arrived.`;
  if (closed === "lost") return `${many} of ${device} are lost: the device no longer has them.`;
  if (closed === "settled") return `${many} of ${device} were missing. What became of them is in the log.`;
  return `${many} of ${device} missing. Asking the device for them.`;
}

export class Row {
  /** With `placed` false it does not say where it was: the door is named above it. */
  constructor(record, model, now, placed = true) {
    this.record = record;
    this.severity = record.severity;
    this.node = record.kind === "feed.gap" ? this.#gap() : this.#event(record, model, now, placed);
    this.node.dataset.id = String(record.id);
  }

  #gap() {
    const node = element("article", "band");
    node.dataset.band = "gap";
    node.dataset.gap = "open";
    this.sign = sign("gap");
    this.text = element("span", "", gapWords(this.record, null));
    node.append(this.sign, this.text);
    this.settle = (gap) => this.#close(gap);
    return node;
  }

  #close(gap) {
    const state = gap.closed ?? "open";
    this.node.dataset.gap = state;
    show(this.sign, state === "filled" || state === "settled" ? "dash" : "gap");
    write(this.text, gapWords({ ...this.record, missing: gap.missing }, gap.closed));
  }

  #event(record, model, now, placed) {
    const site = model.sites.get(record.site);
    const zone = site?.time_zone ?? "UTC";
    const node = element("article", "row");
    node.dataset.severity = record.severity;
    if (model.doors.has(record.door)) node.dataset.of = record.door;
    node.append(sign(SIGNS[record.severity] ?? "dot"), when(record, zone, now), what(record), where(record, model, placed));
    return node;
  }
}

function when(record, zone, now) {
  const time = element("time", "when", moment(record.at, zone, now));
  time.dateTime = iso(record.at);
  time.append(element("span", "zone", shortOffset(record.at, zone)));
  return time;
}

/** Parts of a line with a dot between them. */
function dotted(className, parts) {
  const line = element("span", className);
  parts.filter(Boolean).forEach((part, at) => {
    if (at > 0) line.append(" · ");
    line.append(part);
  });
  return line;
}

function what(record) {
  const label = element("span", "label", record.label);
  if (SEVERITIES[record.severity]) label.prepend(element("span", "heard", `${SEVERITIES[record.severity]}: `));
  const more = [record.reason && worded(record.reason), record.outcome && spaced(record.outcome)].filter(Boolean);
  const line = dotted("what", [label, ...more.map((words) => element("span", "reason", words))]);
  if (record.backfilled) line.append(" ", element("span", "flag", "back-filled"));
  const late = record.received - record.at;
  if (late > LATE) line.append(" ", element("span", "flag", `${age(late)} late`));
  return line;
}

function where(record, model, placed) {
  const tile = model.doors.get(record.door);
  const place = tile?.name ?? record.door ?? record.device;
  const who = record.name ?? record.person ?? record.credential;
  return dotted("where", [
    placed && place && element("span", "door", place),
    placed && model.sites.get(record.site)?.name,
    who && element("span", "who", who),
  ]);
}
