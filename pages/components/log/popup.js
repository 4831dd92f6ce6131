// A button that opens something under it, in the browser's own top layer: Escape and a press elsewhere close it.

import { button, element } from "../gatehouse.shared/dom.js";

let numbers = 0;

/** Place a box under a button, within the window. */
function place(box, under) {
  const anchor = under.getBoundingClientRect();
  const room = innerHeight - anchor.bottom - 12;
  const left = Math.max(8, Math.min(anchor.left, innerWidth - box.offsetWidth - 8));
  box.style.left = `${left}px`;
  box.style.top = room >= 220 ? `${anchor.bottom + 4}px` : "8px";
  box.style.maxHeight = `${room >= 220 ? room : innerHeight - 16}px`;
}

export class Popup {
  constructor(label, { opened }) {
    this.button = button("opener");
    this.text = element("span", "opener-text");
    this.button.append(this.text, element("span", "opener-sign"));
    this.box = element("div", "popup");
    this.box.id = `popup-${(numbers += 1)}`;
    this.box.popover = "auto";
    this.box.setAttribute("role", "dialog");
    this.box.setAttribute("aria-label", label);
    this.button.popoverTargetElement = this.box;
    this.button.setAttribute("aria-haspopup", "dialog");
    this.button.setAttribute("aria-expanded", "false");
    this.root = element("div", "facet", this.button, this.box);
    this.box.addEventListener("beforetoggle", ({ newState }) => {
      this.held = newState === "closed" && this.box.contains(this.root.getRootNode().activeElement);
    });
    this.box.addEventListener("toggle", ({ newState }) => {
      this.button.setAttribute("aria-expanded", String(newState === "open"));
      // Inside a component the browser does not give the keyboard back by itself.
      if (this.held) this.button.focus();
      if (newState !== "open") return;
      opened();
      place(this.box, this.button);
    });
    this.moved = () => this.open && place(this.box, this.button);
    addEventListener("resize", this.moved);
  }

  get open() {
    return this.box.matches(":popover-open");
  }

  close() {
    this.box.hidePopover();
    this.button.focus();
  }

  stop() {
    removeEventListener("resize", this.moved);
  }
}
