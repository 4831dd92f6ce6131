// How the guard wants to see the wall: kept in the address, so that it survives runs, reloads and being sent on.

import { COUNTERS } from "../gatehouse.live/conditions.js";

export const GROUPS = { site: "Site", level: "Level", state: "State" };
export const SIZES = { auto: "Automatic", large: "Large", medium: "Medium", small: "Small", signs: "Signs only" };
const STATES = new Set(COUNTERS.map(({ key }) => key));
const SHOWN = ["abnormal", "pinned"];
const NAMES = ["group", "size", "show", "state", "find", "door"];
const LONGEST = 80;

const words = (text) => (text ?? "").split(",").filter(Boolean);
const oneOf = (text, known, other) => (Object.hasOwn(known, text ?? "") ? text : other);

export class View {
  #changed;
  #path = location.pathname;

  /** `changed(what)` is told the names that changed; `size` is what the person likes when the address says nothing. */
  constructor(size, changed) {
    this.#changed = changed;
    this.liked = oneOf(size, SIZES, "auto");
    this.#read();
  }

  #read() {
    const asked = new URLSearchParams(location.search);
    const shown = new Set(words(asked.get("show")));
    this.group = oneOf(asked.get("group"), GROUPS, "site");
    this.size = oneOf(asked.get("size"), SIZES, this.liked);
    this.abnormal = shown.has("abnormal");
    this.pinned = shown.has("pinned");
    this.states = new Set(words(asked.get("state")).filter((key) => STATES.has(key)));
    this.find = (asked.get("find") ?? "").slice(0, LONGEST);
    this.door = asked.get("door") || null;
  }

  /** Change some of it. */
  set(values) {
    const names = Object.keys(values).filter((name) => this[name] !== values[name]);
    if (names.length === 0) return;
    for (const name of names) this[name] = values[name];
    this.keep();
    this.#changed(names);
  }

  /** See the doors of one counter more, or of one less. */
  toggle(key) {
    const states = new Set(this.states);
    if (!states.delete(key)) states.add(key);
    this.set({ states });
  }

  /** Drop all that leaves doors out. */
  all() {
    this.set({ abnormal: false, pinned: false, states: new Set(), find: "" });
  }

  /** Whether some doors are left out. */
  get narrowed() {
    return this.abnormal || this.pinned || this.states.size > 0 || this.find !== "";
  }

  /** Come back to an address that the browser went back to. */
  reread() {
    if (location.pathname !== this.#path) return;
    this.#read();
    this.#changed(NAMES);
  }

  /** Write the address, if it does not say so already: a run of the page may have written an older one over it. */
  keep() {
    if (location.pathname !== this.#path) return;
    const url = new URL(location.href);
    for (const [name, value] of Object.entries(this.#written())) {
      if (value) url.searchParams.set(name, value);
      else url.searchParams.delete(name);
    }
    const search = url.searchParams.toString().replaceAll("%2C", ",");
    if (new URLSearchParams(location.search).toString() === url.searchParams.toString()) return;
    history.replaceState(history.state, "", `${url.pathname}${search ? `?${search}` : ""}${url.hash}`);
  }

  #written() {
    return {
      group: this.group === "site" ? "" : this.group,
      size: this.size === "auto" ? "" : this.size,
      show: SHOWN.filter((name) => this[name]).join(","),
      state: [...this.states].join(","),
      find: this.find.trim(),
      door: this.door ?? "",
    };
  }
}
