// The last five records of the door in the middle.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { readCard } from "../gatehouse.live/card.js";
import { Row } from "../gatehouse.live/rows.js";

const LAST = 5;

export class Records {
  #asking = null;
  #later = [];

  constructor(clock) {
    this.clock = clock;
    this.door = null;
    this.root = element("section", "records");
    this.root.setAttribute("aria-label", "Last at this door");
    this.list = element("div", "records-list");
    this.note = element("p", "side-empty");
    this.retry = button("tool", "Try again", () => this.#ask());
    this.root.append(element("h2", "side-title", "Last at this door"), this.note, this.retry, this.list);
    this.#clear("");
  }

  #clear(words, again = false) {
    this.list.replaceChildren();
    write(this.note, words);
    this.retry.hidden = !again;
  }

  /** Show this door's; `anew` reads them again, as after a return. */
  follow(door, model, anew = false) {
    this.model = model;
    if (door === this.door && !anew) return;
    this.door = door;
    this.#asking?.abort();
    if (door === null) this.#clear("No door is chosen.");
    else this.#ask();
  }

  async #ask() {
    const door = this.door;
    const asking = (this.#asking = new AbortController());
    this.#later = [];
    const answer = await readCard(door, asking.signal);
    if (answer === null || asking.signal.aborted || door !== this.door) return;
    this.#asking = null;
    if (!answer.card) {
      this.#clear(answer.sentence, answer.again);
      return;
    }
    this.#clear(answer.card.records.length > 0 ? "" : "Nothing has happened here in the last 24 hours.");
    this.newest = answer.card.records[0]?.id ?? 0;
    const now = this.clock.now();
    this.list.replaceChildren(...answer.card.records.slice(0, LAST).map((one) => new Row(one, this.model, now, false).node));
    this.add(this.#later, this.model);
  }

  /** Take records in ascending order; those that come while the server is asked wait for its answer. */
  add(records, model) {
    const mine = records.filter((one) => one.door === this.door);
    if (this.#asking) {
      this.#later.push(...mine);
      return;
    }
    for (const one of mine) {
      if (one.id <= this.newest) continue;
      this.newest = one.id;
      write(this.note, "");
      this.list.prepend(new Row(one, model, this.clock.now(), false).node);
    }
    while (this.list.childElementCount > LAST) this.list.lastElementChild.remove();
  }

  stop() {
    this.#asking?.abort();
  }
}
