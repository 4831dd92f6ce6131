// Whose records to show: a name or a number, found while one types, by the console's own search.

import { element } from "../gatehouse.shared/dom.js";
import { having } from "./address.js";

const WAIT = 160;

export class Person {
  constructor(facet, go) {
    this.go = go;
    this.found = [];
    this.input = element("input", "find person-find");
    Object.assign(this.input, { autocomplete: "off", placeholder: "Person: name or number" });
    this.list = element("div", "popup people");
    this.list.popover = "manual";
    this.list.id = "people-found";
    const says = { role: "listbox", "aria-label": "People found" };
    for (const [name, value] of Object.entries(says)) this.list.setAttribute(name, value);
    const is = { role: "combobox", "aria-label": "Person", "aria-autocomplete": "list", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries(is)) this.input.setAttribute(name, value);
    this.input.setAttribute("aria-expanded", "false");
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.#show([]));
    this.root = element("div", "facet person", this.input, this.list);
  }

  update(facet, query) {
    this.search = facet.search;
    this.query = query;
    this.root.hidden = !facet.open;
  }

  #typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(this.input.value.trim()), WAIT);
  }

  async #ask(text) {
    if (!text) return this.#show([]);
    let people = [];
    try {
      const answer = await fetch(`${this.search}?${new URLSearchParams({ q: text })}`);
      people = answer.ok ? (await answer.json()).people : [];
    } catch {
      // Without an answer the number can still be typed in full.
    }
    if (this.input.value.trim() === text) this.#show([...people, { id: text, name: "", typed: true }]);
    return undefined;
  }

  #show(people) {
    this.found = people;
    this.at = people.length > 1 ? 0 : -1;
    this.list.replaceChildren(...people.map((one, at) => this.#option(one, at)));
    const open = people.length > 0 && this.root.getRootNode().activeElement === this.input;
    this.input.setAttribute("aria-expanded", String(open));
    if (open !== this.list.matches(":popover-open")) this.list.togglePopover(open);
    if (open) this.#place();
    this.#mark();
  }

  #place() {
    const { left, bottom, width } = this.input.getBoundingClientRect();
    Object.assign(this.list.style, { left: `${left}px`, top: `${bottom + 4}px`, minWidth: `${width}px` });
  }

  #option({ id, name, typed }, at) {
    const option = element("div", "person-option");
    option.id = `person-${at}`;
    option.setAttribute("role", "option");
    if (typed) option.append(element("span", "", "The number "), element("b", "", id));
    else option.append(element("span", "", name), element("span", "option-note", id));
    // Before the field loses its focus, which would take the list away.
    option.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.#take(id);
    });
    return option;
  }

  #mark() {
    [...this.list.children].forEach((one, at) => one.setAttribute("aria-selected", String(at === this.at)));
    const active = this.list.children[this.at];
    if (active) this.input.setAttribute("aria-activedescendant", active.id);
    else this.input.removeAttribute("aria-activedescendant");
    active?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.found.length) {
      event.preventDefault();
      this.at = (this.at + step + this.found.length) % this.found.length;
      this.#mark();
    } else if (event.key === "Enter" && this.input.value.trim()) {
      event.preventDefault();
      this.#take(this.found[this.at]?.id ?? this.input.value.trim());
    } else if (event.key === "Escape" && this.found.length) {
      event.preventDefault();
      event.stopPropagation();
      this.#show([]);
    }
  }

  #take(id) {
    clearTimeout(this.timer);
    this.input.value = "";
    this.#show([]);
    this.go(having(this.query, "person", [id]));
  }

  stop() {
    clearTimeout(this.timer);
  }
}
