// The wall's own keys; while somebody writes, or where the console's keys are switched off, they rest.

import { covered, foreign, lettersOn, typing } from "../gatehouse.shared/keys.js";

export class Keys {
  #acts;

  /** `acts` maps a key to what it does; one that gives false leaves the key to others. */
  constructor(acts) {
    this.#acts = acts;
    this.listen = (event) => this.#pressed(event);
    addEventListener("keydown", this.listen);
  }

  #pressed(event) {
    if (event.defaultPrevented || covered() || foreign(event) || typing(event)) return;
    const letter = event.key.length === 1;
    if (letter && !lettersOn()) return;
    const act = this.#acts[letter ? event.key.toLowerCase() : event.key];
    if (act && act() !== false) event.preventDefault();
  }

  stop() {
    removeEventListener("keydown", this.listen);
  }
}
