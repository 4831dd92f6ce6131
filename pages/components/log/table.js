// The records as a table: one stop of the Tab key, in which the arrows (or J and K) walk from row to row.

import { changed, element, link } from "../gatehouse.shared/dom.js";
import { number, stamp } from "../gatehouse.shared/formats.js";
import { ACTS } from "./acts.js";
import { having, href } from "./address.js";
import { RECORDS } from "./records.js";
import { siteTime } from "./times.js";

const WAYS = { records: RECORDS, acts: ACTS };

export class Table {
  constructor({ open, go }) {
    this.open = open;
    this.go = go;
    this.body = element("tbody");
    this.head = element("thead");
    this.caption = element("caption", "spoken", "Records, newest first");
    this.root = element("table", "book", this.caption, this.head, this.body);
    this.rows = new Map();
    this.root.addEventListener("focusin", (event) => this.#focused(event));
    this.body.addEventListener("click", (event) => this.#pressed(event));
  }

  update(data) {
    this.query = data.query;
    if (!changed(this, [data.columns, data.rows, data.query, data.fresh])) return;
    this.#columns(data.columns);
    this.root.classList.toggle("one-site", !data.sites);
    this.root.classList.toggle("no-people", !data.people);
    const held = this.#held();
    this.data = new Map(data.rows.map((row) => [row.id, row]));
    this.rows = new Map(data.rows.map((row) => [row.id, this.#row(row, data.fresh)]));
    this.body.replaceChildren(...this.rows.values());
    const row = this.rows.get(held?.id);
    this.#tabbable(row ?? this.body.firstElementChild);
    if (row) (row.querySelectorAll("a")[held.place] ?? row.querySelector(".open")).focus();
  }

  /** Which link of which row has the focus, so that it keeps it when the rows are drawn anew; null: none. */
  #held() {
    const active = this.root.getRootNode().activeElement;
    const row = active?.closest?.("tbody tr");
    return row ? { id: Number(row.dataset.id), place: [...row.querySelectorAll("a")].indexOf(active) } : null;
  }

  /** Show which record is open; null: none. */
  mark(id) {
    this.current = id;
    for (const [number_, row] of this.rows) {
      if (number_ === id) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    const row = this.rows.get(id);
    if (row) this.#tabbable(row);
  }

  /** Go so many rows further, and give the record one lands on; null where there is none. */
  step(by) {
    const all = [...this.rows.keys()];
    const from = this.at ?? this.current;
    const next = from === undefined || from === null || !this.rows.has(from) ? 0 : all.indexOf(from) + by;
    const id = all[next];
    if (id === undefined) return null;
    this.focus(id);
    return id;
  }

  /** Put the keyboard on a record's row. */
  focus(id) {
    const row = this.rows.get(id);
    if (!row) return;
    this.#tabbable(row);
    row.querySelector(".open").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  has(id) {
    return this.rows.has(id);
  }

  #columns(name) {
    if (this.way === WAYS[name]) return;
    this.way = WAYS[name];
    this.root.dataset.columns = name;
    this.head.replaceChildren(element("tr", "", ...this.way.columns.map(([one, text]) => head(one, text))));
  }

  #row(row, fresh) {
    const only = (...what) => this.#only(...what);
    const cells = this.way.cells(row, { only, isNew: fresh > 0 && row.id > fresh });
    const built = element("tr", "", this.#time(row), ...cells, element("td", "no", number(row.id)));
    built.dataset.id = row.id;
    if (row.tone) built.dataset.tone = row.tone;
    return built;
  }

  #time({ id, at, zone }) {
    const where = href({ ...this.query, record: id });
    const opener = link("open", where, () => this.open(id), siteTime(at, zone));
    opener.setAttribute("aria-label", `${stamp(at, zone)}, open record ${number(id)}`);
    const cell = element("th", "time", opener);
    cell.scope = "row";
    return cell;
  }

  /** A name that shows only what belongs to it. */
  #only(name, id, text) {
    const wanted = having(this.query, name, [id]);
    const only = link("only", href(wanted), () => this.go(wanted), text);
    only.title = `Only ${text}`;
    only.tabIndex = -1;
    return only;
  }

  #focused({ target }) {
    const row = target.closest("tbody tr");
    if (!row) return;
    this.at = Number(row.dataset.id);
    this.#tabbable(row);
  }

  #tabbable(row) {
    for (const one of this.body.querySelectorAll("a[tabindex='0']")) one.tabIndex = -1;
    for (const one of this.body.querySelectorAll(".open")) one.tabIndex = -1;
    for (const one of row?.querySelectorAll("a") ?? []) one.tabIndex = 0;
  }

  /** The whole row opens its record, unless somebody has just selected words in it. */
  #pressed(event) {
    const row = event.target.closest("tr");
    if (!row || event.target.closest("a") || String(getSelection())) return;
    this.open(Number(row.dataset.id));
  }
}

function head(name, text) {
  const cell = element("th", name, text);
  cell.scope = "col";
  return cell;
}
