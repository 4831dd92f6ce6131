// The wall's own keys; while somebody writes, or where the console's keys are switched off, they rest.

const FIELDS = "input, textarea, select, [contenteditable]";
/** Set on the page by the header. */
const OFF = "data-gatehouse-keys-off";

export class Keys {
  #acts;

  /** `acts` maps a key to what it does; one that gives false leaves the key to others. */
  constructor(acts) {
    this.#acts = acts;
    this.listen = (event) => this.#pressed(event);
    addEventListener("keydown", this.listen);
  }

  #pressed(event) {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.composedPath()[0];
    if (target instanceof Element && target.closest(FIELDS)) return;
    const letter = event.key.length === 1;
    if (letter && document.documentElement.hasAttribute(OFF)) return;
    const act = this.#acts[letter ? event.key.toLowerCase() : event.key];
    if (act && act() !== false) event.preventDefault();
  }

  stop() {
    removeEventListener("keydown", this.listen);
  }
}
