// The keyboard: "g" and a letter opens a page, "/" searches, "?" shows all keys. Never while somebody types.

import { foreign, setLetters, typing } from "../gatehouse.shared/keys.js";
import { go } from "./going.js";

const WAIT = 1_500;
const OFF = "gatehouse.keys";

export class Keys {
  /** `acts` by key; while `asleep()` something lies over the page that wants an answer first. */
  constructor(acts, asleep) {
    this.acts = acts;
    this.asleep = asleep;
    this.pages = new Map();
    this.pending = 0;
    this.pressed = (event) => this.press(event);
    addEventListener("keydown", this.pressed, { capture: true });
    this.mark();
  }

  get on() {
    return localStorage.getItem(OFF) !== "off";
  }

  set on(value) {
    if (value) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "off");
    this.mark();
  }

  /** For the other parts of the page, which have keys of their own. */
  mark() {
    setLetters(this.on);
  }

  update(pages) {
    this.pages = new Map(pages.map((one) => [one.key, `/${one.path}`]));
  }

  press(event) {
    if (foreign(event) || !this.on || this.asleep() || typing(event)) return;
    const act = this.meant(event.key);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  meant(key) {
    const begun = Date.now() - this.pending < WAIT;
    this.pending = 0;
    if (begun && this.pages.has(key)) return () => go(this.pages.get(key));
    if (key === "g") return () => (this.pending = Date.now());
    return this.acts[key];
  }

  stop() {
    removeEventListener("keydown", this.pressed, { capture: true });
  }
}
