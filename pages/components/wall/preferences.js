// What a person's screens keep for them on the server: pinned doors, the size of the tiles, whether it may sound.

import { keep } from "../gatehouse.shared/preferences.js";

const WAIT = 400;
const LARGEST = 2_000;

export class Preferences {
  #timers = new Map();
  #failed;

  /** `failed()` is called when the server did not keep one. */
  constructor(kept, failed) {
    this.#failed = failed;
    this.pins = new Set(Array.isArray(kept?.pinned) ? kept.pinned.filter((one) => typeof one === "string") : []);
    this.size = typeof kept?.density === "string" ? kept.density : "auto";
    this.sound = kept?.sound === true;
  }

  /** Pin a door or let it go; gives false where there are too many to keep. */
  pin(door) {
    const pins = new Set(this.pins);
    if (!pins.delete(door)) pins.add(door);
    if (JSON.stringify([...pins]).length > LARGEST) return false;
    this.pins = pins;
    this.#keep("pinned", [...pins]);
    return true;
  }

  like(size) {
    if (this.size === size) return;
    this.size = size;
    this.#keep("density", size);
  }

  sounds(on) {
    if (this.sound === on) return;
    this.sound = on;
    this.#keep("sound", on);
  }

  #keep(name, value) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(() => this.#send(name, value), WAIT));
  }

  async #send(name, value) {
    if (!(await keep(name, value))) this.#failed();
  }
}
