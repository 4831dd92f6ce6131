// Why a door is to be unlocked: what the site offers, each with its number, or words of one's own.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { typing } from "../gatehouse.shared/keys.js";

const LONGEST = 200;

export class Reasons {
  #presets = [];
  #give;

  /** `give(reason)` is called with the one that was chosen. */
  constructor(give) {
    this.#give = give;
    this.root = element("form", "act-reasons");
    this.ask = element("p", "act-ask", "Why? It is kept with the act.");
    this.list = element("div", "act-presets");
    this.field = element("input", "act-field");
    this.field.type = "text";
    this.field.maxLength = LONGEST;
    this.field.autocomplete = "off";
    this.field.id = "act-reason";
    const label = element("label", "act-label", "In your own words");
    label.htmlFor = this.field.id;
    this.go = element("button", "act-button act-main", "Continue");
    this.root.append(this.ask, this.list, label, element("div", "act-line", this.field, this.go));
    this.field.addEventListener("input", () => this.#ready());
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      const words = this.field.value.trim();
      if (words) this.#give(words);
    });
  }

  offer(presets) {
    this.#presets = presets;
    this.field.value = "";
    this.list.replaceChildren(...presets.map((reason, at) => this.#preset(reason, at)));
    this.list.hidden = presets.length === 0;
  }

  #preset(reason, at) {
    const built = button("act-button act-preset", "", () => this.#give(reason));
    const key = at < 9 ? String(at + 1) : "";
    const mark = element("kbd", "", key);
    mark.setAttribute("aria-hidden", "true");
    if (key) built.setAttribute("aria-keyshortcuts", key);
    built.append(mark, element("span", "", reason));
    return built;
  }

  /** Numbers choose; any other letter begins words of one's own. */
  key(event) {
    if (this.root.hidden || this.stopped || event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
    const at = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
    if (at >= 0 && at < this.#presets.length) {
      event.preventDefault();
      this.#give(this.#presets[at]);
    } else if (event.key.length === 1 && event.key !== " " && at < 0) this.field.focus();
  }

  focus(title) {
    if (this.#presets.length > 0) title.focus();
    else this.field.focus();
  }

  #ready() {
    this.go.disabled = this.stopped || this.field.value.trim() === "";
  }

  draw(attempt, hindered) {
    this.stopped = hindered !== "" || attempt.busy;
    for (const one of this.list.children) one.disabled = this.stopped;
    write(this.ask, this.#presets.length > 0 ? "Why? Press its number, or write it." : "Why? It is kept with the act.");
    this.#ready();
  }
}
