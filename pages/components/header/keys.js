// The keyboard: "g" and a letter opens a page, "/" searches, "?" shows all keys. Never while somebody types.

import { go } from "./going.js";

const WAIT = 1_500;
const OFF = "gatehouse.keys";
const TYPED = new Set(["INPUT", "TEXTAREA", "SELECT"]);
const PRESSED = new Set(["button", "checkbox", "radio", "submit", "reset", "range"]);
const WRITES = "[contenteditable=''], [contenteditable=true], [role=textbox], [role=combobox], [role=searchbox]";

/** Whether a key goes to something that takes text. */
export function typing(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  if (TYPED.has(target.tagName)) return !PRESSED.has(target.type);
  return target.closest(WRITES) !== null;
}

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
    document.documentElement.toggleAttribute("data-gatehouse-keys-off", !this.on);
  }

  update(pages) {
    this.pages = new Map(pages.map((one) => [one.key, `/${one.path}`]));
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!this.on || this.asleep() || typing(event)) return;
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
