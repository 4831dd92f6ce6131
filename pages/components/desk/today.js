// Today's calls and what became of each, read from the server when the stream tells that one has changed.

import { button, changed, element, write } from "../gatehouse.shared/dom.js";
import { clock } from "../gatehouse.live/times.js";

const WAIT = 400;
const AGAIN = 60_000;

const OUTCOMES = {
  ringing: () => "Ringing",
  talking: (one) => (one.claimed_by ? `In call: ${one.claimed_by}` : "In call"),
  opened: (one) => (one.opened_by ? `Opened by ${one.opened_by}` : "Opened"),
  answered: (one) => (one.claimed_by ? `Answered: ${one.claimed_by}` : "Answered"),
  taken: (one) => (one.claimed_by ? `Taken by ${one.claimed_by}` : "Taken"),
  missed: () => "Missed",
};

export class Today {
  #timer = 0;

  /** `path` answers them; `door(id)` is called when one is pressed, `came()` when they were read. */
  constructor(path, door, came) {
    this.path = path;
    this.door = door;
    this.came = came;
    this.calls = [];
    this.root = element("section", "today");
    this.root.setAttribute("aria-label", "Today's calls");
    this.title = element("h2", "side-title", "Today's calls");
    this.list = element("ul", "today-list");
    this.empty = element("p", "side-empty", "No calls yet today.");
    this.root.append(this.title, this.list, this.empty);
    this.hurry(0);
  }

  /** Read them soon. */
  hurry(wait = WAIT) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(), wait);
  }

  async #read() {
    this.#timer = setTimeout(() => this.#read(), AGAIN);
    try {
      const answer = await fetch(this.path, { cache: "no-store", redirect: "manual" });
      if (!answer.ok) throw new TypeError("not answered");
      this.calls = (await answer.json()).calls;
      this.failed = false;
    } catch {
      this.failed = true;
    }
    if (!this.stopped) this.came();
  }

  draw({ model }) {
    const missed = this.calls.filter((one) => one.outcome === "missed").length;
    const count = this.calls.length > 0 ? `: ${this.calls.length}${missed ? `, ${missed} missed` : ""}` : "";
    write(this.title, `Today's calls${count}`);
    this.empty.hidden = this.calls.length > 0;
    write(this.empty, this.failed ? "Today's calls could not be read." : "No calls yet today.");
    if (!changed(this.list, [this.calls, model.doors.size])) return;
    this.list.replaceChildren(...this.calls.map((one) => this.#row(one, model)));
  }

  #row(one, model) {
    const zone = model.sites.get(one.site)?.time_zone ?? "UTC";
    const name = model.doors.get(one.door)?.name ?? one.door;
    const built = button("today-call", "", () => this.door(one.door));
    built.dataset.outcome = one.outcome;
    built.disabled = !model.doors.has(one.door);
    built.append(
      element("span", "today-at", clock(one.started, zone).slice(0, 5)),
      element("span", "today-name", name, " ", element("span", "place-site", model.siteName(one.site))),
      element("span", "today-word", (OUTCOMES[one.outcome] ?? (() => one.outcome))(one)),
    );
    return element("li", "", built);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.#timer);
  }
}
