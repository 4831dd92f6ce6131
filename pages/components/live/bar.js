// How sure we are of what is on the screen, and what time it is.

import { element, write } from "../gatehouse.shared/dom.js";
import { show, sign } from "./signs.js";
import { age, clock, here, number, offset } from "./times.js";

const WORDS = {
  connecting: "Connecting",
  live: "Live",
  again: "Reconnecting",
  lost: "Not connected",
  ended: "Signed out",
  refused: "No site",
};

export class Bar {
  /** `tools` are the buttons that stand before the clock. */
  constructor(banner, ...tools) {
    this.root = element("div", "bar");
    this.sign = sign("dot");
    this.state = element("span", "link-word");
    this.age = element("span", "link-age");
    this.head = element("span", "head");
    this.time = element("span", "clock");
    this.zone = element("span", "clock-zone");
    this.link = element("span", "link");
    this.link.append(this.sign, this.state, this.age);
    const clockBox = element("span", "clock-box");
    clockBox.append(this.time, this.zone);
    this.root.append(this.link, this.head, banner, ...tools, clockBox);
  }

  draw(state, silence, head, now) {
    if (this.root.dataset.link !== state) this.root.dataset.link = state;
    show(this.sign, state === "live" ? "disc" : "cut");
    write(this.state, WORDS[state]);
    write(this.age, state === "connecting" ? "" : `${number(silence, silence < 10 ? 1 : 0)} s`);
    write(this.head, head > 0 ? `No. ${number(head)}` : "");
    write(this.time, clock(now, here));
    write(this.zone, `UTC${offset(now, here)}`);
  }
}

/** The words that stand in the bar while the wall cannot be believed. */
export class Banner {
  constructor() {
    this.root = element("div", "banner");
    this.alert = element("p", "banner-words");
    this.alert.setAttribute("role", "alert");
    this.since = element("span", "banner-age");
    this.root.append(this.alert, this.since);
  }

  show(text, seconds = null) {
    this.root.dataset.shown = "true";
    write(this.alert, text);
    write(this.since, seconds === null ? "" : age(seconds * 1e6));
  }

  hide() {
    if (this.root.dataset.shown === "false") return;
    this.root.dataset.shown = "false";
    write(this.alert, "");
    write(this.since, "");
  }
}
