// When a key that is pressed is meant for the page.

/** Set on the page by the header: who speaks to the computer turns single letters off. */
const OFF = "data-gatehouse-keys-off";
const TYPED = new Set(["INPUT", "TEXTAREA", "SELECT"]);
const PRESSED = new Set(["button", "checkbox", "radio", "submit", "reset", "range"]);
const WRITES = "[contenteditable=''], [contenteditable=true], [role=textbox], [role=combobox], [role=searchbox]";

/** The element that a key goes to, within components too. */
export function target(event) {
  const found = event.composedPath()[0];
  return found instanceof Element ? found : null;
}

/** Whether a key goes to something that takes text. */
export function typing(event) {
  const found = target(event);
  if (!found) return false;
  if (TYPED.has(found.tagName)) return !PRESSED.has(found.type);
  return found.closest(WRITES) !== null;
}

/** Whether a key belongs to somebody else: a shortcut of the browser, a letter that is still being put together. */
export const foreign = (event) => event.isComposing || event.ctrlKey || event.metaKey || event.altKey;

/** Whether single letters mean something. */
export const lettersOn = () => !document.documentElement.hasAttribute(OFF);

/** Turn single letters off or on, for all of the page. */
export const setLetters = (on) => document.documentElement.toggleAttribute(OFF, !on);

/** Set on the page while something lies over it that wants an answer first. */
const COVERED = "data-gatehouse-covered";

/** Say that something lies over the page, or no longer does. */
export const cover = (on) => document.documentElement.toggleAttribute(COVERED, on);

/** Whether a key belongs to what lies over the page. */
export const covered = () => document.documentElement.hasAttribute(COVERED);
