// The door that stands open beside the wall: follows the address, asks the server, and takes what the stream adds.

import { readCard } from "../gatehouse.live/card.js";
import { Panel } from "./panel.js";
import { Stopwatch } from "../gatehouse.live/times.js";

const NARROW = 896;
/** Seconds between two questions about a door whose device has told something new. */
const ASK_EVERY = 5;

export class Opened {
  #wall;
  #asking = null;
  #asked = new Stopwatch();
  #later = [];
  #stale = false;
  #narrow = false;

  constructor(wall, readable) {
    this.#wall = wall;
    const acts = {
      close: () => this.close(),
      pin: (door) => wall.pin(door),
      again: (door) => this.#ask(door),
      begin: (action, door) => wall.acting.begin(action, door),
    };
    this.panel = new Panel(acts, readable);
  }

  measure(width) {
    this.#narrow = width > 0 && width < NARROW;
    if (this.panel.root.open) this.panel.open(this.panel.door, this.#narrow);
  }

  /** Show the door of the address; `anew` reads it again, as after a return. */
  follow(anew = false) {
    const { view, model, begun } = this.#wall;
    const door = view.door;
    this.#wall.tiles.press(door);
    if (door === null || !begun) {
      if (door === null) this.#shut();
      return;
    }
    if (!model.doors.has(door)) {
      view.set({ door: null });
      return;
    }
    const fresh = this.panel.door !== door;
    this.panel.open(door, this.#narrow);
    if (fresh || anew) this.#ask(door);
  }

  async #ask(door) {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    this.#later = [];
    this.#stale = false;
    this.#asked.restart();
    const answer = await readCard(door, asking.signal);
    if (answer === null || asking.signal.aborted || this.panel.door !== door) return;
    this.#asking = null;
    if (answer.card) this.panel.fill(answer.card, this.#later, this.#wall.model, this.#wall.clock.now());
    else this.panel.fail(answer.sentence, answer.again);
    this.#later = [];
    this.#wall.draw();
  }

  /** Take records in ascending order; those that come while the server is asked wait for its answer. */
  add(records, now) {
    const door = this.panel.door;
    if (door === null) return;
    const device = this.#wall.model.doors.get(door)?.device;
    const mine = records.filter((record) => record.door === door);
    this.#stale ||= records.some((record) => record.device === device && record.kind.startsWith("device."));
    if (mine.length === 0) return;
    if (this.#asking) this.#later.push(...mine);
    else this.panel.add(mine, this.#wall.model, now);
  }

  draw(shown) {
    if (this.panel.door === null) return;
    this.panel.draw(shown);
    if (this.#stale && !this.#asking && this.#asked.seconds > ASK_EVERY) this.#ask(this.panel.door);
  }

  /** Close it; who was inside goes back to the door's tile. */
  close() {
    const door = this.panel.door;
    const focus = this.panel.root.getRootNode().activeElement;
    const inside = focus !== null && this.panel.root.contains(focus);
    this.#wall.view.set({ door: null });
    if (inside && door !== null) this.#wall.tiles.reveal(door);
  }

  #shut() {
    this.#asking?.abort();
    this.#asking = null;
    this.#later = [];
    this.panel.close();
  }

  stop() {
    this.#shut();
  }
}
