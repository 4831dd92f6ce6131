// A short walk along the header for who is here for the first time; where there is
// room it lies over the oldest lines of a feed, and over no control.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { keep } from "../gatehouse.shared/preferences.js";

const STEPS = [
  [".sites .opener", "Your sites", "Choose one site, several, or all of yours. Every page follows."],
  [".sites .alone", "Your site", "All that you see here is of this one site."],
  [".search", "Search", "Doors, devices, people and record numbers, as far as you may see them. Press / to get here from anywhere."],
  [".bell", "What needs you", "Open calls, doors in alarm and devices that are not there. The browser's tab counts them."],
  [".more", "Your console", "Light, dark or high contrast, this tour again, and all keyboard shortcuts: press ?"],
  [".bar", "Who you are", "Your name, your roles and since when you are signed in. Sign out when you leave."],
];

export class Tour {
  constructor(root) {
    this.header = root;
    this.root = element("section", "tour");
    this.root.setAttribute("aria-label", "Tour");
    this.root.hidden = true;
    this.title = element("h2");
    this.words = element("p");
    this.words.setAttribute("role", "status");
    this.place = element("span", "tour-place");
    this.back = button("plain", "Back");
    this.next = button("plain strong", "Next");
    this.skip = button("plain", "Skip the tour");
    const row = element("div", "tour-row");
    row.append(this.place, this.skip, this.back, this.next);
    this.root.append(this.title, this.words, row);
    this.back.addEventListener("click", () => this.show(this.at - 1));
    this.next.addEventListener("click", () => (this.at + 1 < this.steps.length ? this.show(this.at + 1) : this.end()));
    this.skip.addEventListener("click", () => this.end());
    this.escaped = (event) => event.key === "Escape" && this.end();
  }

  /** Begin by itself at most once for each page that is loaded. */
  offer(wanted) {
    if (!wanted || this.offered) return;
    this.offered = true;
    this.begin({ focus: false });
  }

  begin({ focus }) {
    this.steps = STEPS.filter(([where]) => this.header.querySelector(where)?.hidden === false);
    this.root.hidden = false;
    // Wherever the focus is: somebody who has no time for it should not have to find it first.
    addEventListener("keydown", this.escaped);
    this.show(0);
    if (focus) this.next.focus();
  }

  show(at) {
    this.at = at;
    const [where, title, words] = this.steps[at];
    write(this.title, title);
    write(this.words, words);
    write(this.place, `${at + 1} of ${this.steps.length}`);
    write(this.next, at + 1 < this.steps.length ? "Next" : "Done");
    this.back.hidden = at === 0;
    this.skip.hidden = at + 1 === this.steps.length;
    this.point(where);
  }

  point(where) {
    for (const one of this.header.querySelectorAll("[data-shown]")) one.removeAttribute("data-shown");
    if (where) this.header.querySelector(where).setAttribute("data-shown", "");
  }

  stop() {
    removeEventListener("keydown", this.escaped);
  }

  end() {
    this.stop();
    this.point(null);
    this.root.hidden = true;
    keep("toured", true);
  }
}
