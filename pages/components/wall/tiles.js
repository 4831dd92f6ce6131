// The doors in their groups, each always at the same place: a guard finds a door without reading.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { arrange, fitting, summary } from "./arrange.js";
import { CONDITIONS, calm, mark, signOf } from "../gatehouse.live/conditions.js";
import { show, sign } from "../gatehouse.live/signs.js";
import { Stopwatch, age, clock, offset } from "../gatehouse.live/times.js";

/** A door must not move away under the hand that is about to press it. */
const BUSY = 1.5;
const NARROW = 56;

/** How long it has been so, in one unit: a tile has no room for two. */
const since = (state, now) => (calm(state) || state.since === 0 ? "" : age(now - state.since).split(/(?<=[a-z]) /)[0]);

/** Until when a door is kept as somebody ordered, for those that end. */
function kept(tile, state, zone) {
  if (state.key !== "kept" || tile.mode_ordered !== "held" || !tile.mode_until) return "";
  return `until ${clock(tile.mode_until, zone).slice(0, 5)}`;
}

/** What a silent door was, as far as anybody knows. */
const before = (state) => (state.last ? `was ${CONDITIONS[state.last].word.toLowerCase()}` : "");

class Tile {
  constructor(door) {
    this.item = element("li");
    this.button = button("tile");
    this.button.tabIndex = -1;
    this.button.dataset.door = door;
    this.button.setAttribute("aria-pressed", "false");
    this.sign = sign("question");
    this.name = element("span", "name");
    this.word = element("span", "word");
    this.detail = element("span", "detail");
    this.before = element("span", "before");
    const words = element("span", "words");
    words.append(this.word, this.detail, this.before);
    this.button.append(this.sign, this.name, words);
    this.item.append(this.button);
  }

  draw(tile, state, { now, current, zone }) {
    const marked = mark(state);
    if (this.marked !== marked) this.button.dataset.condition = marked;
    this.marked = marked;
    show(this.sign, signOf(state));
    write(this.name, tile.name);
    write(this.word, current ? state.word : `Was ${state.word.toLowerCase()}`);
    write(this.detail, current ? kept(tile, state, zone) || since(state, now) : "");
    write(this.before, current ? before(state) : "");
  }
}

class Group {
  constructor() {
    this.section = element("section", "site");
    const heading = element("h2", "site-head");
    this.name = element("span", "site-name");
    this.clock = element("span", "site-clock");
    this.sum = element("span", "site-sum");
    heading.append(this.name, this.clock, this.sum);
    this.list = element("ul", "tiles");
    this.section.append(heading, this.list);
  }

  draw(group, states, now, current) {
    write(this.name, group.title);
    if (this.title !== group.title) this.list.setAttribute("aria-label", `Doors: ${group.title}`);
    this.title = group.title;
    const zone = group.site?.time_zone;
    write(this.clock, zone ? `${clock(now, zone).slice(0, 5)} UTC${offset(now, zone)}` : "");
    write(this.sum, summary(group.doors.map((door) => states.get(door)), current, group.state !== undefined));
  }
}

/** Put these nodes into a list in this order, moving only those that stand elsewhere. */
function order(list, nodes) {
  let next = list.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else list.insertBefore(node, next);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

export class Tiles {
  #groups = new Map();
  #tiles = new Map();
  #drawn = [];
  #shape = "";
  #chosen = null;
  #choose;
  #touched = null;
  #room = { width: 60, height: 40 };

  /** `choose(door)` is called when a tile is pressed. */
  constructor(choose) {
    this.#choose = choose;
    this.root = element("div", "sites");
    this.named = element("p", "named");
    this.named.setAttribute("aria-hidden", "true");
    this.root.addEventListener("click", (event) => this.#pressed(event));
    this.root.addEventListener("keydown", (event) => this.#moved(event));
    this.root.addEventListener("focusin", (event) => this.#focused(event.target));
    this.root.addEventListener("pointerover", (event) => this.#name(event.target.closest(".tile")));
    for (const kind of ["pointermove", "pointerdown", "keydown"]) {
      this.root.addEventListener(kind, () => this.#hold(), { passive: true });
    }
    this.root.addEventListener("pointerleave", () => (this.#touched = null));
  }

  /** The size that is drawn, whoever chose it. */
  size = "medium";
  /** How many doors are drawn. */
  count = 0;

  #hold() {
    this.#touched ??= new Stopwatch();
    this.#touched.restart();
  }

  /** Say how much room there is, in CSS pixels; on a phone the whole page scrolls, and one screen is the measure. */
  measure(width, height) {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const narrow = width / rem < NARROW / 1.6;
    this.#room = { width: width / rem, height: (narrow ? innerHeight * 0.8 : height) / rem };
    this.#shape = "";
  }

  /** Draw every door as it is; with `anew` doors may move at once, else not while a hand is among them. */
  draw({ model, states, view, pins, now, current, anew }) {
    const groups = arrange(model, states, view, pins, now);
    const shape = JSON.stringify([view.size, groups.map(({ key, title, doors }) => [key, title, doors])]);
    const busy = this.#touched !== null && this.#touched.seconds < BUSY;
    if (shape !== this.#shape && (anew || !busy || this.#shape === "")) this.#lay(groups, view, shape);
    for (const [door, tile] of this.#tiles) {
      const known = model.doors.get(door);
      const zone = model.sites.get(known?.site)?.time_zone ?? "UTC";
      if (known) tile.draw(known, states.get(door), { now, current, zone });
    }
    this.#name(null);
    for (const group of this.#drawn) {
      const kept = group.doors.filter((door) => states.has(door));
      this.#groups.get(group.key).draw({ ...group, doors: kept }, states, now, current);
    }
  }

  #lay(groups, view, shape) {
    this.#shape = shape;
    this.#drawn = groups;
    this.count = groups.reduce((sum, { doors }) => sum + doors.length, 0);
    const focused = this.root.getRootNode().activeElement?.dataset?.door;
    const wanted = new Set(groups.flatMap(({ doors }) => doors));
    for (const door of this.#tiles.keys()) if (!wanted.has(door)) this.#tiles.delete(door);
    const sections = groups.map((group) => this.#group(group));
    order(this.root, sections);
    for (const key of this.#groups.keys()) if (!groups.some((group) => group.key === key)) this.#groups.delete(key);
    this.size = view.size === "auto" ? fitting(groups, this.#room) : view.size;
    this.root.dataset.size = this.size;
    this.press(this.#chosen);
    const again = focused && this.#tiles.get(focused)?.button;
    if (again && this.root.getRootNode().activeElement !== again) again.focus({ preventScroll: true });
    if (!this.root.querySelector(".tile[tabindex='0']")) this.#rove(this.root.querySelector(".tile"));
  }

  #group(group) {
    if (!this.#groups.has(group.key)) this.#groups.set(group.key, new Group());
    const drawn = this.#groups.get(group.key);
    order(
      drawn.list,
      group.doors.map((door) => {
        if (!this.#tiles.has(door)) this.#tiles.set(door, new Tile(door));
        return this.#tiles.get(door).item;
      }),
    );
    return drawn.section;
  }

  /** Bring a door's tile into view and give it the focus; says whether it is drawn at all. */
  reveal(door) {
    const button = this.#tiles.get(door)?.button;
    if (!button) return false;
    button.scrollIntoView({ block: "nearest" });
    button.focus({ preventScroll: true });
    return true;
  }

  /** Mark the door that is open beside the wall. */
  press(door) {
    this.#chosen = door;
    for (const [id, tile] of this.#tiles) {
      const pressed = String(id === door);
      if (tile.button.getAttribute("aria-pressed") !== pressed) tile.button.setAttribute("aria-pressed", pressed);
    }
  }

  #pressed(event) {
    const button = event.target.closest(".tile");
    if (button) this.#choose(button.dataset.door);
  }

  #focused(target) {
    if (!target.classList.contains("tile")) return;
    this.#rove(target);
    this.#name(target);
  }

  /** Where tiles are signs only, say which door is looked at. */
  #name(button) {
    this.looked = button?.dataset.door ?? this.looked;
    const tile = this.#tiles.get(this.looked);
    if (tile) write(this.named, [tile.name.textContent, tile.word.textContent].join(": "));
  }

  /** The doors are one stop of the Tab key. */
  #rove(button) {
    for (const tile of this.#tiles.values()) {
      const index = tile.button === button ? 0 : -1;
      if (tile.button.tabIndex !== index) tile.button.tabIndex = index;
    }
  }

  #moved(event) {
    const from = event.target.closest(".tile");
    const buttons = [...this.root.querySelectorAll(".tile")];
    const at = buttons.indexOf(from);
    if (at < 0) return;
    const next = { ArrowRight: buttons[at + 1], ArrowLeft: buttons[at - 1], Home: buttons[0], End: buttons.at(-1) };
    const rows = { ArrowDown: 1, ArrowUp: -1 };
    if (!(event.key in next) && !(event.key in rows)) return;
    event.preventDefault();
    const to = event.key in rows ? nearest(from, buttons, rows[event.key]) : next[event.key];
    to?.focus();
    to?.scrollIntoView({ block: "nearest" });
  }
}

/** The button in the next row (or the one before) that stands best below (or above) this one. */
function nearest(from, buttons, way) {
  const own = from.getBoundingClientRect();
  let best = null;
  for (const button of buttons) {
    const box = button.getBoundingClientRect();
    const down = way * (box.top - own.top);
    if (down < own.height / 2) continue;
    const rank = [Math.round(down), Math.abs(box.left - own.left)];
    if (!best || rank[0] < best.rank[0] || (rank[0] === best.rank[0] && rank[1] < best.rank[1])) best = { button, rank };
  }
  return best?.button;
}
