// The records and the one that is open, with the keys that walk through them.

import { button, changed, element, link, write } from "../gatehouse.shared/dom.js";
import { clock, offset } from "../gatehouse.shared/formats.js";
import { drawing, encode, href } from "./address.js";
import { heardOf } from "./keys.js";
import { follow } from "./news.js";
import { Panel } from "./panel.js";
import { Table } from "./table.js";

// Who walks on quickly does not want each record on the way.
const REST = 140;

export class Book {
  constructor(parent) {
    this.root = element("div", "log reading");
    this.table = new Table({ open: (id) => this.#open(id), go: (query) => this.#go(query) });
    this.panel = new Panel({
      open: (id) => this.#open(id),
      close: () => this.#close(),
      go: (query) => this.#go(query),
      step: (by) => this.#step(by),
    });
    this.line = element("p", "line");
    // With the record that is open: what was asked a moment ago may have been given up for this.
    this.news = button("news", "", () => this.tell("fresh", String(this.#current ?? "")));
    this.heard = element("span", "spoken");
    this.heard.setAttribute("role", "status");
    this.pages = element("div", "pages");
    this.bar = element("div", "book-bar", this.line, this.news, this.heard, this.pages);
    this.empty = element("div", "empty");
    this.list = element("div", "list", this.bar, this.table.root, this.empty);
    this.root.append(this.list, this.panel.root);
    parent.append(this.root);
    this.fit = () => this.#fit();
    addEventListener("scroll", this.fit, { passive: true, capture: true });
    addEventListener("resize", this.fit);
    this.unfollow = follow((words) => this.#announce(words));
    this.deaf = heardOf((act) => this.#key(act));
  }

  update(data, tell) {
    drawing(data.page);
    this.tell = tell;
    this.data = data;
    this.#bar(data);
    this.table.update(data);
    this.table.root.hidden = !data.rows.length;
    this.#empty(data.empty, data.query);
    if (this.part !== undefined && this.part !== data.part) this.#top();
    this.part = data.part;
    this.#fit();
    this.#settle(data.record);
  }

  /** What the address says is open, unless one has walked on meanwhile. */
  #settle(record) {
    if (this.wanted !== undefined && this.wanted !== (record?.id ?? null)) return;
    this.wanted = undefined;
    this.opened = record?.id ?? null;
    this.table.mark(this.opened);
    this.root.classList.toggle("opened", Boolean(record));
    if (record) this.panel.show(record, this.data.query);
    else this.panel.hide();
  }

  /** The record that is open, whether or not the server has heard of it. */
  get #current() {
    return this.wanted === undefined ? this.opened : this.wanted;
  }

  #open(id, after = 0) {
    this.wanted = id;
    this.table.mark(id);
    this.root.classList.add("opened");
    const row = this.table.data?.get(id);
    const preview = { words: "", title: "Record", ...row, waiting: true, id };
    if (row) preview.title = row.label;
    if (this.opened !== id) this.panel.show(preview, this.data.query);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell("open", String(id)), after);
  }

  #close() {
    const from = this.#current;
    clearTimeout(this.timer);
    this.wanted = null;
    this.panel.hide();
    this.root.classList.remove("opened");
    this.table.mark(null);
    if (this.table.has(from)) this.table.focus(from);
    this.tell("open", "");
  }

  /** A record that stands beside the table stays there; one that covers it goes. */
  #go(query) {
    const kept = this.panel.covers ? null : this.#current;
    clearTimeout(this.timer);
    this.wanted = kept;
    this.tell("go", encode({ ...query, record: kept }));
  }

  #step(by) {
    const id = this.table.step(by);
    if (id === null) this.#end(by);
    else if (this.panel.shown) this.#open(id, REST);
  }

  /** At the end of this part of the log, the way on is where the keyboard lands. */
  #end(by) {
    this.pages.querySelector(by > 0 ? ".older" : ".newer")?.focus();
  }

  #key(act) {
    if (act.step && this.table.rows.size) this.#step(act.step);
    else if (act.name === "close" && this.panel.shown) this.#close();
    else if (act.name === "fresh" && !this.news.hidden) this.news.click();
    else return false;
    return true;
  }

  #announce(words) {
    // Said aloud once, and not again at each further record.
    if (!words || this.news.hidden) write(this.heard, words && `${words} to show`);
    write(this.news, words);
    this.news.hidden = !words;
    this.news.title = "Show them (R)";
  }

  #bar({ newest, asOf, zone, query, newer, older, words }) {
    write(this.line, asOf ? `${words}${clock(asOf, zone)} ${offset(asOf, zone)}` : words);
    if (!changed(this.pages, [query, newer, older, newest])) return;
    const way = (name, text, key) => {
      if (!key) return null;
      const wanted = { ...query, ...key };
      return link(`way ${name}`, href(wanted), () => this.#go(wanted), text);
    };
    this.pages.replaceChildren(
      ...[
        way("newest", "Newest", newest ? null : {}),
        way("newer", "‹ Newer", newer && { after: newer }),
        way("older", "Older ›", older && { before: older }),
      ].filter(Boolean),
    );
  }

  #empty(empty, query) {
    this.empty.hidden = !empty;
    if (!empty || !changed(this.empty, [empty, query])) return;
    const ways = empty.ways.map(({ text, query: wanted }) => link("way", href(wanted), () => this.#go(wanted), text));
    this.empty.replaceChildren(
      element("h2", "", empty.title),
      element("p", "", empty.words),
      element("p", "ways", ...ways),
    );
  }

  /** The record beside the table ends above the console's foot, however far one has scrolled. */
  #fit() {
    const top = Math.round(this.root.getBoundingClientRect().top);
    this.root.style.setProperty("--top", `max(var(--head), ${top}px)`);
  }

  #top() {
    if (this.root.getBoundingClientRect().top < 0) this.root.scrollIntoView({ block: "start" });
  }

  stop() {
    clearTimeout(this.timer);
    removeEventListener("scroll", this.fit, { capture: true });
    removeEventListener("resize", this.fit);
    this.unfollow();
    this.deaf();
    this.panel.stop();
    this.root.remove();
  }
}
