// One field that finds doors, devices, people and records: what it offers comes from the store, by my rights.

import { element, write } from "../gatehouse.shared/dom.js";
import { here, minute, number } from "../gatehouse.shared/formats.js";
import { focused, sign } from "./dom.js";
import { address, atWall, go } from "./going.js";

const WAIT = 120;
const HEADS = { pages: "Pages", doors: "Doors", devices: "Devices", people: "People", records: "Records" };

export class Search {
  constructor() {
    this.root = element("div", "search");
    this.root.setAttribute("role", "search");
    this.input = element("input", "wanted");
    this.input.type = "text";
    this.input.placeholder = "Search";
    this.input.autocomplete = "off";
    this.input.spellcheck = false;
    this.list = element("div", "panel found");
    this.list.id = "found";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Found");
    this.list.hidden = true;
    this.hint = element("kbd", "hint", "/");
    this.hint.setAttribute("aria-hidden", "true");
    this.said = element("p", "spoken");
    this.said.setAttribute("role", "status");
    this.root.append(sign("search"), this.input, this.hint, this.list, this.said);
    this.describe();
    this.listen();
    this.options = [];
  }

  describe() {
    const says = {
      role: "combobox",
      "aria-label": "Search doors, devices, people and record numbers",
      "aria-autocomplete": "list",
      "aria-controls": "found",
      "aria-expanded": "false",
    };
    for (const [name, value] of Object.entries(says)) this.input.setAttribute(name, value);
  }

  listen() {
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("blur", () => this.close());
    // The field keeps the focus while the pointer chooses.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  /** `pages` are those open to me, `watched` the sites whose wall I may see. */
  update({ pages, watched, finds }) {
    this.pages = pages;
    this.watched = new Set(watched);
    this.finds = finds;
  }

  focus() {
    this.before = focused();
    this.input.focus();
  }

  later() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.timer = setTimeout(() => this.ask(), WAIT);
  }

  async ask() {
    const wanted = this.input.value.trim();
    if (!wanted) {
      this.close();
      return;
    }
    this.asking = new AbortController();
    try {
      const found = this.finds ? await this.fetched(wanted, this.asking.signal) : {};
      this.draw(wanted, { pages: this.named(wanted), ...found });
    } catch (error) {
      if (error.name !== "AbortError") this.tell("Search does not answer right now. Try again in a moment.");
    }
  }

  async fetched(wanted, signal) {
    const answer = await fetch(address("/search", { q: wanted }), { signal, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  named(wanted) {
    return this.pages.filter((one) => one.title.toLowerCase().startsWith(wanted.toLowerCase()));
  }

  draw(wanted, found) {
    this.options = [];
    const groups = Object.keys(HEADS).map((kind) => this.group(kind, found[kind] ?? []));
    this.list.replaceChildren(...groups.filter(Boolean));
    if (this.options.length === 0) {
      this.tell(`Nothing of yours is called "${wanted}".`);
      return;
    }
    this.show();
    this.point(0);
    write(this.said, `${this.options.length} found. Enter opens the first.`);
  }

  tell(words) {
    this.options = [];
    this.list.replaceChildren(element("p", "nothing", words));
    this.show();
    this.input.removeAttribute("aria-activedescendant");
    write(this.said, words);
  }

  group(kind, entries) {
    if (entries.length === 0) return null;
    const group = element("div", "group");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", HEADS[kind]);
    const head = element("span", "group-head", HEADS[kind]);
    head.setAttribute("aria-hidden", "true");
    group.append(head, ...entries.map((one) => this.option(this.words(kind, one))));
    return group;
  }

  words(kind, one) {
    switch (kind) {
      case "pages":
        return { text: one.title, more: "", to: `/${one.path}` };
      case "doors":
        return { text: one.name, more: one.site_name, to: this.door(one) };
      case "devices":
        return { text: one.name, more: one.site_name, to: address("/devices", { device: one.id }) };
      case "people":
        return { text: one.name || one.id, more: one.name ? one.id : "", to: address("/log", { person: one.id }) };
      default:
        return this.record(one);
    }
  }

  record(one) {
    const more = `${one.label}, ${minute(one.at, here)}`;
    return { text: `No. ${number(one.id)}`, more, to: address("/log", { record: one.id }) };
  }

  door(one) {
    return this.watched.has(one.site) ? atWall({ door: one.id, site: one.site }) : address("/log", { door: one.id });
  }

  option({ text, more, to }) {
    const row = element("div", "option");
    row.id = `found-${this.options.length}`;
    row.setAttribute("role", "option");
    row.append(element("span", "option-name", text), element("span", "option-more", more));
    row.addEventListener("click", () => this.open(to));
    this.options.push({ row, to });
    return row;
  }

  point(at) {
    this.at = (at + this.options.length) % this.options.length;
    this.options.forEach(({ row }, index) => row.setAttribute("aria-selected", String(index === this.at)));
    const { row } = this.options[this.at];
    this.input.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && this.options.length > 0) {
      event.preventDefault();
      this.point(this.at + steps[event.key]);
    } else if (event.key === "Enter" && this.options.length > 0) {
      event.preventDefault();
      this.open(this.options[this.at].to);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.leave();
    }
  }

  leave() {
    if (!this.list.hidden) {
      this.close();
      return;
    }
    this.input.value = "";
    this.input.blur();
    this.before?.focus?.();
  }

  open(to) {
    this.input.value = "";
    this.close();
    this.input.blur();
    go(to);
  }

  show() {
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  close() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.options = [];
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    write(this.said, "");
  }
}
