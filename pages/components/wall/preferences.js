// What a person's screens keep for them on the server: pinned doors, the size of the tiles, whether it may sound.

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
    const text = JSON.stringify([...pins]);
    if (text.length > LARGEST) return false;
    this.pins = pins;
    this.#keep("pinned", text);
    return true;
  }

  like(size) {
    if (this.size === size) return;
    this.size = size;
    this.#keep("density", JSON.stringify(size));
  }

  sounds(on) {
    if (this.sound === on) return;
    this.sound = on;
    this.#keep("sound", JSON.stringify(on));
  }

  #keep(name, text) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(() => this.#send(name, text), WAIT));
  }

  async #send(name, text) {
    const headers = { "Content-Type": "application/json" };
    try {
      const answer = await fetch(`/me/preferences/${name}`, { method: "PUT", headers, body: text, redirect: "manual" });
      if (!answer.ok) this.#failed();
    } catch {
      this.#failed();
    }
  }
}
