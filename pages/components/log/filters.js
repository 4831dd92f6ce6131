// What to look for: one control for each thing that can be chosen, and a chip for each thing that is.

import { button, changed, element, glyph, write } from "../gatehouse.shared/dom.js";
import { encode, without } from "./address.js";
import { Person } from "./person.js";
import { Picker } from "./picker.js";
import { When } from "./when.js";

const CONTROLS = { several: Picker, when: When, person: Person };
const WAIT = 200;

export class Filters {
  constructor(parent) {
    this.root = element("div", "log filters");
    this.bar = element("div", "filter-bar");
    this.bar.setAttribute("role", "search");
    this.bar.setAttribute("aria-label", "Filters");
    this.chips = element("ul", "chips");
    this.chips.setAttribute("aria-label", "Chosen filters");
    this.controls = new Map();
    // The menu names the page for eyes; a screen reader looks for its heading.
    this.title = element("h1", "spoken");
    this.root.append(this.title, this.bar, this.chips);
    parent.append(this.root);
  }

  update(data, tell) {
    this.tell = tell;
    this.record = data.record;
    write(this.title, data.title);
    const kept = new Map();
    for (const facet of data.facets) {
      const control = this.controls.get(facet.name) ?? new CONTROLS[facet.control](facet, (query) => this.#soon(query));
      control.update(facet, this.waiting ?? data.query);
      kept.set(facet.name, control);
    }
    this.controls = kept;
    const roots = [...kept.values()].map(({ root }) => root);
    if (roots.some((root, at) => this.bar.children[at] !== root)) this.bar.replaceChildren(...roots);
    if (changed(this.chips, data.chips)) this.#chips(data);
  }

  /** Several ticks in a row are one step of the browser's history. */
  #soon(query) {
    this.waiting = query;
    for (const control of this.controls.values()) control.query = query;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#go(query), WAIT);
  }

  #go(query) {
    this.waiting = null;
    this.tell("go", encode({ ...query, record: this.record }));
  }

  #chips({ chips, query }) {
    const all = chips.map(({ name, value, label, text, sign: mark }) => {
      const off = button("chip", "", () => this.#go(without(query, name, value)));
      off.append(element("span", "chip-label", `${label} `), mark ? glyph(mark) : "", element("b", "", text));
      const cross = glyph("×");
      cross.classList.add("cross");
      off.append(cross);
      off.setAttribute("aria-label", `${label} ${text}: take this filter away`);
      return element("li", "", off);
    });
    if (all.length > 1) all.push(element("li", "", button("plain", "Clear all", () => this.#go({}))));
    this.chips.hidden = !all.length;
    this.chips.replaceChildren(...all);
  }

  stop() {
    clearTimeout(this.timer);
    for (const control of this.controls.values()) control.stop();
    this.root.remove();
  }
}
