// The whole screen for the wall, drawn larger for those who stand far away.

import { button } from "../gatehouse.shared/dom.js";

/** The width, in CSS pixels, that is drawn at its natural size; a wider screen is drawn larger, up to a point. */
const NATURAL = 1920;
const LARGEST = 2.5;

export class Screen {
  constructor(root) {
    this.root = root;
    this.button = button("tool", "Full screen", () => this.toggle());
    this.button.setAttribute("aria-keyshortcuts", "F");
    this.button.title = "Full screen (F)";
    this.button.hidden = !document.fullscreenEnabled;
    this.changed = () => this.#draw();
    document.addEventListener("fullscreenchange", this.changed);
    addEventListener("resize", this.changed);
    // What is focused outside, such as the console's search, must be seen.
    this.left = (event) => this.full && !event.composedPath().includes(this.root) && document.exitFullscreen();
    document.addEventListener("focusin", this.left);
  }

  get full() {
    return this.root.matches(":fullscreen");
  }

  async toggle() {
    try {
      if (this.full) await document.exitFullscreen();
      else await this.root.requestFullscreen();
    } catch {
      // The browser refuses it without a press, or by its owner's policy: the wall stays as it is.
    }
  }

  #draw() {
    this.button.setAttribute("aria-pressed", String(this.full));
    const zoom = Math.min(LARGEST, Math.max(1, innerWidth / NATURAL));
    this.root.style.setProperty("--zoom", this.full ? zoom.toFixed(3) : "1");
  }

  stop() {
    document.removeEventListener("fullscreenchange", this.changed);
    removeEventListener("resize", this.changed);
    document.removeEventListener("focusin", this.left);
    if (this.full) document.exitFullscreen();
  }
}
