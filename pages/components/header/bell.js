// What needs a person now, on every page: open calls, doors in alarm, devices that are not there.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { age, number } from "../gatehouse.shared/formats.js";
import { Badge } from "./badge.js";
import { Panel, sign } from "./dom.js";
import { address, atWall, follow } from "./going.js";

const EVERY = 5_000;
// At the wall and the desk, whose stream brings each change at once.
const SELDOM = 30_000;
const STREAMED = ["/live", "/desk"];
const SOON = 1_000;
const TIMES = 4;
const SHAPES = { alarm: "◆", warning: "▲", calm: "·" };
const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;

export class Bell {
  constructor() {
    this.root = element("div", "bell");
    this.opener = button("icon");
    this.count = element("span", "count");
    this.count.setAttribute("aria-hidden", "true");
    this.sum = element("span", "spoken");
    this.opener.append(sign("bell"), this.sum, this.count);
    this.list = element("div", "panel calls");
    this.list.setAttribute("role", "region");
    this.list.setAttribute("aria-label", "What needs you now");
    this.said = element("p", "spoken");
    this.said.setAttribute("role", "status");
    this.root.append(this.opener, this.list, this.said);
    this.panel = new Panel(this.root, this.opener, this.list, () => this.opened());
    this.badge = new Badge();
    this.asked = 0;
    this.heard = 0;
    this.at = Date.now();
    this.told = (event) => this.hear(event.detail);
    addEventListener("gatehouse:attention", this.told);
    this.timer = setInterval(() => this.tick(), SOON);
    this.draw();
  }

  /** `narrowed`: a wall shows some of my sites only, and so knows nothing of the others. */
  update({ watched, speaks, narrowed }) {
    this.root.hidden = watched.length === 0;
    this.speaks = speaks;
    this.narrowed = narrowed;
    this.tick();
  }

  /** Take what the wall says, by the server's clock; where it can't know all, ask soon. */
  hear(found) {
    this.heard += 1;
    if (this.narrowed || !this.found) this.hurry();
    else this.take({ ...found, now: Date.now() * 1_000 + this.ahead });
  }

  hurry() {
    this.asked = Math.min(this.asked, Date.now() - this.every + SOON);
  }

  get every() {
    return STREAMED.includes(location.pathname) && !this.narrowed && this.found ? SELDOM : EVERY;
  }

  tick() {
    if (this.root.hidden) return;
    if (Date.now() - this.asked >= this.every) this.ask();
    if (!this.lost && Date.now() - this.at > TIMES * this.every) {
      this.found = null;
      this.lost = true;
      this.draw();
    }
  }

  async ask() {
    this.asked = Date.now();
    const heard = this.heard;
    try {
      const answer = await fetch("/live/attention", { cache: "no-store", redirect: "manual" });
      if (!answer.ok) return;
      const found = await answer.json();
      this.ahead = found.now - Date.now() * 1_000;
      // What the wall told meanwhile is newer than this answer may be.
      if (this.found && this.heard !== heard && !this.narrowed) this.hurry();
      else this.take(found);
    } catch {
      // The server is away: the header says so, and the numbers turn unknown when they are old.
    }
  }

  take(found) {
    this.speak(this.found, found);
    this.found = found;
    this.lost = false;
    this.at = Date.now();
    this.draw();
  }

  draw() {
    const found = this.found;
    const count = found ? found.calls + found.alarms : 0;
    write(this.count, count > 0 ? String(Math.min(count, 99)) : this.lost ? "?" : "");
    this.opener.dataset.tone = this.tone(count);
    write(this.sum, `What needs you: ${this.words()}`);
    this.opener.title = this.words();
    this.badge.show(count);
    if (!this.panel.panel.hidden) this.fill();
  }

  tone(count) {
    if (this.lost) return "unknown";
    if (count > 0) return "alarm";
    return this.found?.devices > 0 ? "warning" : "calm";
  }

  words() {
    const found = this.found;
    if (!found) return this.lost ? "not known right now" : "asking";
    const words = [
      found.calls && plural(found.calls, "open call", "open calls"),
      found.alarms && plural(found.alarms, "door in alarm", "doors in alarm"),
      found.devices && plural(found.devices, "device not there", "devices not there"),
    ].filter(Boolean);
    return words.length > 0 ? words.join(", ") : "nothing";
  }

  opened() {
    this.ask();
    this.fill();
    this.list.querySelector("[data-stop]")?.focus();
  }

  fill() {
    const drawn = JSON.stringify(this.found?.items.map((one) => [one.what, one.door, one.device, this.since(one)]));
    if (drawn === this.drawn && this.list.childElementCount > 0) return;
    this.drawn = drawn;
    const at = [...this.list.querySelectorAll("[data-stop]")].indexOf(this.list.getRootNode().activeElement);
    const rows = (this.found?.items ?? []).map((one) => this.row(one));
    const words = rows.length > 0 ? this.words() : this.found ? "Nothing needs you right now." : "Not known right now.";
    const more = this.found?.more ? [element("p", "nothing", `and ${number(this.found.more)} more on the wall`)] : [];
    this.list.replaceChildren(element("p", "panel-head", words), ...rows, ...more);
    if (at >= 0) this.list.querySelectorAll("[data-stop]")[Math.min(at, rows.length - 1)]?.focus();
  }

  row(one) {
    const row = element("a", "item");
    const to = () => (one.door ? atWall(one) : address("/devices", { device: one.device }));
    row.href = to();
    row.dataset.stop = "";
    row.dataset.severity = one.severity;
    const shape = element("span", "shape", SHAPES[one.severity] ?? "·");
    shape.setAttribute("aria-hidden", "true");
    const what = element("span", "item-what", one.label);
    const where = element("span", "item-where", `${one.name}, ${one.site_name}`);
    row.append(shape, what, where, element("span", "item-age", this.since(one)));
    row.addEventListener("click", (event) => {
      this.panel.close();
      follow(event, to());
    });
    return row;
  }

  since(one) {
    return age(this.found.now - one.since);
  }

  /** Said aloud where no wall says it: what was not there at the last look. */
  speak(before, found) {
    if (!before || !this.speaks) return;
    const key = (one) => `${one.what} ${one.door}`;
    const known = new Set(before.items.map(key));
    const fresh = found.items.filter((one) => one.severity === "alarm" && !known.has(key(one)));
    if (fresh.length > 0) write(this.said, fresh.map((one) => `${one.label}: ${one.name}, ${one.site_name}`).join(". "));
  }

  stop() {
    removeEventListener("gatehouse:attention", this.told);
    clearInterval(this.timer);
    this.panel.close();
    this.badge.stop();
  }
}
