// An act about several doors: what it would do to each, and then what became of each, failures first.

import { changed, element } from "../gatehouse.shared/dom.js";
import { sign } from "../gatehouse.live/signs.js";
import { clock } from "../gatehouse.live/times.js";
import { times, verdict } from "./flight.js";

const SHAPES = { good: "disc", bad: "diamond", doubt: "triangle", waiting: "ring" };
const WOULD = { lockdown: "would be locked down", release: "would be released" };
const DONE = { lockdown: "locked down", release: "released" };

/** What would happen to one door; of what somebody else has asked for only the door is known. */
function plan(one, zone) {
  if (!one.would) return { tone: "waiting", words: "" };
  if (one.reason) return { tone: "bad", words: one.message ?? one.reason };
  if (one.already) return { tone: "waiting", words: "is so already" };
  const until = `until ${clock(one.ends_hold ?? 0, zone).slice(0, 5)}`;
  const hold = one.ends_hold ? `; ends the hold of ${one.held_by || "somebody"} ${until}` : "";
  return { tone: "waiting", words: `${WOULD[one.would] ?? one.would}${hold}` };
}

/** What has become of one door. */
function outcome(one, action, zone) {
  if (one.good && one.state === "confirmed") return { tone: "good", words: DONE[action] ?? "done" };
  const found = verdict({ ...one, action }, zone);
  // That a door has accepted does not say that it is so.
  return one.good ? { ...found, tone: "doubt" } : found;
}

export class DoorList {
  constructor() {
    this.root = element("div", "act-doors");
    this.root.tabIndex = 0;
    this.root.setAttribute("role", "group");
    this.list = element("ul", "act-doors-list");
    this.root.append(this.list);
  }

  /** Draw what is planned, or what was told; nothing for an act about one door. */
  draw({ asked, flight, step, wish }, zone) {
    const told = step === "follow" ? flight?.doors : asked?.doors;
    this.root.hidden = !told || !["proof", "follow"].includes(step);
    if (this.root.hidden || !changed(this.list, [step, told])) return;
    const over = step === "follow";
    this.root.setAttribute("aria-label", over ? "What became of each door" : "What it would do to each door");
    const said = (one) => (over ? outcome(one, wish.action, zone) : plan(one, zone));
    this.list.replaceChildren(...told.map((one) => this.#row(one, said(one), over ? times(one, zone) : "")));
  }

  #row(one, { tone, words }, when) {
    const text = element("span", "", element("b", "", one.name), words && `: ${words}`);
    if (when) text.append(" ", element("span", "act-time", when));
    const item = element("li", "act-line-of", sign(SHAPES[tone]), text);
    item.dataset.tone = tone;
    return item;
  }
}
