// Acts of others that wait for a second person: whoever may, approves with a proof of their own.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { waiting } from "./client.js";

const EVERY = 3_000;
/** After an answer that is no good: the server may be away, or older than this page. */
const SELDOM = 30_000;
const VERBS = {
  unlock: "unlock",
  hold: "keep unlocked",
  end_hold: "end the hold at",
  lockdown: "lock down",
  release: "release",
};

export class Waiting {
  #rows = new Map();
  #timer = 0;

  /** `approve(act)` is called when one is to be approved; `say(words)` tells it aloud. */
  constructor({ clock, approve, say }) {
    this.clock = clock;
    this.approve = approve;
    this.say = say;
    this.acts = [];
    this.root = element("ul", "act-waiting");
    this.root.setAttribute("aria-label", "Waiting for a second person");
    this.root.hidden = true;
    this.#look();
  }

  async #look() {
    // Who does not look could not be the second person within the minute anyway.
    let pause = document.visibilityState === "hidden" ? SELDOM : EVERY;
    try {
      this.#take(await waiting());
    } catch {
      pause = SELDOM;
    }
    if (!this.stopped) this.#timer = setTimeout(() => this.#look(), pause);
  }

  #take(acts) {
    const known = new Set(this.acts.map((one) => one.id));
    this.acts = acts;
    for (const one of acts) if (!known.has(one.id)) this.say(`${this.#words(one)}. It waits for a second person.`);
    this.draw();
  }

  #words(one) {
    const { door = one.door, site = "" } = one.names ?? {};
    return `${one.by} wants to ${VERBS[one.action] ?? one.action} ${[door, site].filter(Boolean).join(", ")}`;
  }

  #row(one) {
    const row = { item: element("li", "act-wait"), words: element("p", "act-wait-words") };
    row.left = element("span", "act-left");
    row.go = button("act-button act-main", "Approve…", () => this.approve(row.act));
    row.item.append(row.words, row.left, row.go);
    this.#rows.set(one.id, row);
    this.root.append(row.item);
    return row;
  }

  draw() {
    const now = this.clock.now();
    const open = this.acts.filter((one) => one.expires_at > now);
    this.root.hidden = open.length === 0;
    for (const [id, row] of this.#rows) {
      if (open.some((one) => one.id === id)) continue;
      row.item.remove();
      this.#rows.delete(id);
    }
    for (const one of open) {
      const row = this.#rows.get(one.id) ?? this.#row(one);
      row.act = one;
      write(row.words, `${this.#words(one)}${one.reason ? `: “${one.reason}”` : ""}`);
      write(row.left, `${Math.ceil((one.expires_at - now) / 1e6)} s left`);
    }
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.#timer);
  }
}
