// One filter of several values: a button that says what is chosen, and under it a list to tick.

import { button, changed, element, folded, glyph, write } from "../gatehouse.shared/dom.js";
import { having, values } from "./address.js";
import { Popup } from "./popup.js";

// A house may have thousands of doors; nobody reads so many, so more are found by typing.
const MOST = 80;
const FIND_FROM = 9;

export class Picker {
  constructor(facet, go) {
    this.go = go;
    this.popup = new Popup(facet.label, { opened: () => this.#opened() });
    this.root = this.popup.root;
    this.find = element("input", "find");
    // Not of the type "search", in which Escape only empties the field.
    Object.assign(this.find, { role: "searchbox", placeholder: "Type to find", autocomplete: "off" });
    this.find.addEventListener("input", () => this.#list());
    this.find.addEventListener("keydown", (event) => this.#key(event));
    this.options = element("div", "options");
    this.options.addEventListener("keydown", (event) => this.#move(event));
    this.clear = button("plain", "", () => this.#take([]));
    this.popup.box.append(this.find, this.options, element("div", "popup-foot", this.clear));
  }

  update(facet, query) {
    this.query = query;
    this.facet = facet;
    const chosen = values(query, facet.name);
    const names = new Map(facet.groups.flatMap(({ options }) => options.map((one) => [one.id, one.name])));
    const one = names.get(chosen[0]) ?? chosen[0];
    write(this.popup.text, chosen.length ? `${facet.label}: ${chosen.length > 1 ? chosen.length : one}` : facet.label);
    this.popup.button.classList.toggle("chosen", chosen.length > 0);
    this.find.setAttribute("aria-label", `Find in ${facet.label}`);
    this.find.hidden = names.size < FIND_FROM;
    write(this.clear, facet.any);
    this.clear.disabled = !chosen.length;
    if (this.popup.open && changed(this, [facet, chosen])) this.#list();
  }

  #opened() {
    this.find.value = "";
    this.#list();
    (this.find.hidden ? this.options.querySelector("input") : this.find)?.focus();
  }

  #list() {
    const words = folded(this.find.value).split(/\s+/).filter(Boolean);
    const focused = this.options.querySelector("input:focus")?.value;
    let room = MOST;
    let hidden = 0;
    const groups = [];
    for (const { title, options } of this.facet.groups) {
      const fits = options.filter((one) => {
        const text = folded(`${one.name} ${one.id} ${one.note ?? ""} ${title}`);
        return words.every((word) => text.includes(word));
      });
      const shown = fits.slice(0, room);
      room -= shown.length;
      hidden += fits.length - shown.length;
      if (shown.length) groups.push(this.#group(title, shown));
    }
    if (!groups.length) groups.push(element("p", "none", "Nothing is called that."));
    if (hidden) groups.push(element("p", "none", `${hidden} more: type to find them.`));
    this.options.replaceChildren(...groups);
    this.options.querySelector(`input[value="${CSS.escape(focused ?? "")}"]`)?.focus();
  }

  #group(title, options) {
    const group = element("div", "group");
    if (title) {
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", title);
      group.append(element("p", "group-title", title));
    }
    group.append(...options.map((one) => this.#option(one)));
    return group;
  }

  #option({ id, name, note, sign: mark, tone }) {
    const box = element("input");
    box.type = this.facet.single ? "radio" : "checkbox";
    box.name = this.facet.name;
    box.value = id;
    box.checked = values(this.query, this.facet.name).includes(id);
    box.addEventListener("change", () => this.#tick(id, box.checked));
    const words = element("span", "option-name", name);
    const option = element("label", "option", box, mark ? glyph(mark) : null, words);
    if (tone) option.dataset.tone = tone;
    if (note) option.append(element("span", "option-note", note));
    return option;
  }

  #tick(id, on) {
    if (this.facet.single) this.#take([id]);
    else this.#take(on ? [...values(this.query, this.facet.name), id] : this.#others(id));
  }

  #others(id) {
    return values(this.query, this.facet.name).filter((one) => one !== id);
  }

  #take(wanted) {
    this.query = having(this.query, this.facet.name, wanted);
    this.go(this.query);
    if (!wanted.length) this.#list();
  }

  #key(event) {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      this.options.querySelector("input")?.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      // What is typed names one or several: the first is what stands on top.
      this.options.querySelector("input")?.click();
    }
  }

  #move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...this.options.querySelectorAll("input")];
    const next = all.indexOf(event.target) + step;
    (all[next] ?? (next < 0 && !this.find.hidden ? this.find : event.target)).focus();
  }

  stop() {
    this.popup.stop();
  }
}
