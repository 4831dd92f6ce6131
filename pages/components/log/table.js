// The records as a table: one stop of the Tab key, in which the arrows (or J and K) walk from row to row.

import { changed, element, glyph, link } from "../gatehouse.shared/dom.js";
import { clock, date, iso, number, offset, stamp, here } from "../gatehouse.shared/formats.js";
import { having, href } from "./address.js";

const COLUMNS = [
  ["time", "Time"],
  ["event", "Event"],
  ["where", "Where"],
  ["who", "Person"],
  ["why", "Details"],
  ["device", "Device"],
  ["no", "No."],
];

/** A moment on the clock of a site, with the day and the offset less loud than the time of day. */
export function siteTime(us, zone) {
  const built = element("time", "");
  built.dateTime = iso(us);
  built.title = `${stamp(us, here)} for you`;
  built.append(
    element("span", "day", `${date(us, zone)} `),
    element("span", "clock", clock(us, zone)),
    element("span", "offset", ` ${offset(us, zone)}`),
  );
  return built;
}

export class Table {
  constructor({ open, go }) {
    this.open = open;
    this.go = go;
    this.body = element("tbody");
    this.head = element("thead", "", element("tr", "", ...COLUMNS.map(([name, text]) => head(name, text))));
    this.caption = element("caption", "spoken", "Records, newest first");
    this.root = element("table", "book", this.caption, this.head, this.body);
    this.rows = new Map();
    this.root.addEventListener("focusin", (event) => this.#focused(event));
    this.body.addEventListener("click", (event) => this.#pressed(event));
  }

  update(data) {
    this.query = data.query;
    if (!changed(this, [data.rows, data.query, data.fresh])) return;
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

  #row(row, fresh) {
    const built = element("tr", "", this.#time(row), this.#event(row, fresh), this.#where(row), this.#who(row));
    built.append(this.#why(row), this.#device(row), element("td", "no", number(row.id)));
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

  /** What happened is the record itself: it is no link of its own, and opens it as the row does. */
  #event({ id, label, sign: mark, severity }, fresh) {
    const cell = element("td", "event", glyph(mark), element("span", "kind", label));
    if (severity) cell.append(element("span", "severity", ` ${severity}`));
    if (fresh > 0 && id > fresh) cell.append(element("span", "new", "new"));
    return cell;
  }

  /** Its door; what hangs on no door is where its device is. */
  #where({ door, doorName, device, deviceName, site, siteName }) {
    const cell = element("td", "where");
    if (door) cell.append(this.#only("door", door, doorName));
    else if (device) cell.append(this.#only("device", device, deviceName));
    // No link: two of them, one under the other, would be too small for a finger.
    if (site) cell.append(element("span", "place", siteName));
    return cell;
  }

  #who({ person, name, credential }) {
    const cell = element("td", "who");
    if (person) cell.append(this.#only("person", person, name || person));
    if (person && name) cell.append(element("span", "soft", ` ${person}`));
    if (credential) cell.append(element("span", "soft card", ` ${credential}`));
    return cell;
  }

  #why({ reason, reasonName, outcome, notes }) {
    const cell = element("td", "why");
    if (reason) cell.append(this.#only("reason", reason, reasonName));
    else if (outcome) cell.append(outcome);
    for (const note of notes) cell.append(element("span", "note", note));
    return cell;
  }

  #device({ device, deviceName }) {
    return element("td", "device", device ? this.#only("device", device, deviceName) : null);
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
