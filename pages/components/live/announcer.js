// Says aloud what asks for a person.

import { element, write } from "../gatehouse.shared/dom.js";
import { Stopwatch } from "./times.js";

const SPEAK_EVERY = 4;

/** Says aloud what asks for a person, and no more often than it can be heard. */
export class Announcer {
  #queue = [];
  #spoken = null;

  constructor() {
    this.root = element("div", "spoken");
    this.root.setAttribute("role", "status");
  }

  add(records, model) {
    for (const record of records) {
      if (!model.shows(record.site)) continue;
      if (record.severity !== "alarm" && record.kind !== "call.ringing") continue;
      const tile = model.doors.get(record.door);
      const where = [tile?.name ?? record.device, model.sites.get(record.site)?.name];
      this.say([record.label, ...where].filter(Boolean).join(", "));
    }
  }

  /** Say a sentence of our own. */
  say(words) {
    this.#queue.push(words);
  }

  tick() {
    if (this.#queue.length === 0 || (this.#spoken && this.#spoken.seconds < SPEAK_EVERY)) return;
    this.#spoken = new Stopwatch();
    const said = this.#queue.splice(0);
    write(this.root, said.length > 3 ? `${said.slice(-3).join(". ")}, and ${said.length - 3} more` : said.join(". "));
  }
}
