// How many doors are in which state, and how the wall is drawn: each counter is also a filter.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { CONDITIONS, COUNTERS, counterOf } from "../gatehouse.live/conditions.js";
import { sign } from "../gatehouse.live/signs.js";
import { GROUPS, SIZES } from "./view.js";

function pick(name, choices, chosen) {
  const label = element("label", "pick");
  const select = element("select");
  for (const [value, words] of Object.entries(choices)) {
    const option = element("option", "", words);
    option.value = value;
    select.append(option);
  }
  select.addEventListener("change", () => chosen(select.value));
  label.append(element("span", "", name), select);
  return { label, select };
}

function tool(words, key, act) {
  const built = button("tool", words, act);
  if (key) {
    built.setAttribute("aria-keyshortcuts", key);
    built.title = `${words} (${key})`;
  }
  return built;
}

export class Toolbar {
  #counters = new Map();
  #view;

  /** `size(value)` is called when a size is picked. */
  constructor(view, size) {
    this.#view = view;
    this.root = element("div", "toolbar");
    this.counts = element("ul", "counts");
    this.counts.setAttribute("aria-label", "Doors by state");
    for (const counter of COUNTERS) this.counts.append(this.#counter(counter));
    this.abnormal = tool("Only abnormal", "A", () => view.set({ abnormal: !view.abnormal }));
    this.pinned = tool("Only pinned", "", () => view.set({ pinned: !view.pinned }));
    this.find = element("input", "find");
    this.find.type = "search";
    this.find.placeholder = "Find a door";
    this.find.maxLength = 80;
    this.find.setAttribute("aria-label", "Find a door on this wall");
    this.find.addEventListener("input", () => view.set({ find: this.find.value }));
    this.group = pick("Group", GROUPS, (group) => view.set({ group }));
    this.size = pick("Size", SIZES, size);
    this.all = tool("Show all doors", "", () => view.all());
    this.unfold = tool("View", "", () => this.#fold(!this.folded));
    this.unfold.classList.add("unfold");
    const options = element("div", "options");
    options.append(this.abnormal, this.pinned, this.group.label, this.size.label, this.find, this.all);
    this.root.append(this.counts, this.unfold, options);
    this.#fold(true);
  }

  /** On a phone the choices lie behind a button. */
  #fold(folded) {
    this.folded = folded;
    this.root.dataset.folded = String(folded);
    this.unfold.setAttribute("aria-expanded", String(!folded));
  }

  #counter({ key, word, counts }) {
    const counter = button("count", "", () => this.#view.toggle(key));
    counter.dataset.condition = key;
    const number = element("b", "", "0");
    counter.append(sign(CONDITIONS[counts[0]].sign), number, element("span", "count-word", word));
    this.#counters.set(key, { counter, number });
    return element("li", "", counter);
  }

  /** Draw the choices as they stand. */
  choices() {
    const view = this.#view;
    for (const [key, { counter }] of this.#counters) counter.setAttribute("aria-pressed", String(view.states.has(key)));
    this.abnormal.setAttribute("aria-pressed", String(view.abnormal));
    this.pinned.setAttribute("aria-pressed", String(view.pinned));
    this.all.dataset.idle = String(!view.narrowed);
    this.all.disabled = !view.narrowed;
    this.group.select.value = view.group;
    this.size.select.value = view.size;
    if (this.find.value.trim() !== view.find.trim()) this.find.value = view.find;
  }

  /** Count the doors of these states. */
  draw(states, current) {
    const found = new Map();
    for (const state of states) found.set(counterOf(state), (found.get(counterOf(state)) ?? 0) + 1);
    if (this.root.dataset.current !== String(current)) this.root.dataset.current = String(current);
    for (const [key, { counter, number }] of this.#counters) {
      const count = found.get(key) ?? 0;
      write(number, String(count));
      const none = String(count === 0);
      if (counter.dataset.none !== none) counter.dataset.none = none;
    }
  }
}
