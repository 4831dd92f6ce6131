// What the header's parts are built of besides: signs, and panels that open under a button.

import { shape } from "../gatehouse.shared/dom.js";

const SIGNS = {
  search: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14m5 12 6 6",
  bell: "M5 17h14l-2-3v-4a5 5 0 0 0-10 0v4zm5 3a2 2 0 0 0 4 0",
  menu: "M4 6h16M4 12h16M4 18h16",
  place: "M12 21s7-6.5 7-11a7 7 0 0 0-14 0c0 4.5 7 11 7 11m0-8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5",
  down: "m6 9 6 6 6-6",
};
const DRAWN = { viewBox: "0 0 24 24", class: "sign", "aria-hidden": "true" };

export const sign = (name) => shape("svg", DRAWN, shape("path", { d: SIGNS[name] }));

/** The innermost element that has the focus, inside components too. */
export function focused() {
  let found = document.activeElement;
  while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
  return found;
}

/** A panel under its button: one press opens, another press, Escape or the focus elsewhere closes. */
export class Panel {
  constructor(root, opener, panel, opened = () => {}) {
    this.root = root;
    this.opener = opener;
    this.panel = panel;
    this.opened = opened;
    panel.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    opener.addEventListener("click", () => (panel.hidden ? this.open() : this.close()));
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !root.contains(event.relatedTarget)) this.close();
    });
    this.escaped = (event) => event.key === "Escape" && this.leave();
    this.outside = (event) => event.composedPath().includes(root) || this.close();
  }

  open() {
    this.panel.hidden = false;
    this.opener.setAttribute("aria-expanded", "true");
    addEventListener("pointerdown", this.outside, { capture: true, passive: true });
    addEventListener("keydown", this.escaped);
    this.opened();
  }

  close() {
    if (this.panel.hidden) return;
    this.panel.hidden = true;
    this.opener.setAttribute("aria-expanded", "false");
    removeEventListener("pointerdown", this.outside, { capture: true });
    removeEventListener("keydown", this.escaped);
  }

  leave() {
    this.close();
    this.opener.focus();
  }

  key(event) {
    if (this.panel.hidden) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      this.leave();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.step(event.key === "ArrowDown" ? 1 : -1);
    }
  }

  step(by) {
    const stops = [...this.panel.querySelectorAll("[data-stop]")].filter((one) => !one.closest("[hidden]"));
    if (stops.length === 0) return;
    const at = stops.indexOf(focused());
    const next = at < 0 ? (by > 0 ? 0 : stops.length - 1) : (at + by + stops.length) % stops.length;
    stops[next].focus();
  }
}
