// The doors, site by site, always at the same place: a guard finds a door without reading.

import { CONDITIONS, condition } from "./conditions.js";
import { element, show, sign, write } from "./signs.js";
import { age, clock, offset } from "./times.js";

const BY_NAME = new Intl.Collator("en", { numeric: true });
const ROOMY = 40;
const CLOSE = 130;

class Tile {
  constructor(tile) {
    this.door = tile.door;
    this.item = element("li");
    this.button = element("button", "tile");
    this.button.type = "button";
    this.button.dataset.door = tile.door;
    this.button.setAttribute("aria-pressed", "false");
    this.sign = sign("question");
    this.name = element("span", "name");
    this.word = element("span", "word");
    this.detail = element("span", "detail");
    const words = element("span", "words");
    words.append(this.word, this.detail);
    this.button.append(this.sign, this.name, words);
    this.item.append(this.button);
  }

  draw(tile, state, now, current) {
    const known = CONDITIONS[state.key];
    this.state = state;
    const mark = state.key === "unknown" && state.last ? `${state.key} was-${state.last}` : state.key;
    if (this.mark !== mark) this.button.dataset.condition = mark;
    this.mark = mark;
    show(this.sign, state.last === "forced" || state.last === "held" ? CONDITIONS[state.last].sign : known.sign);
    write(this.name, tile.name);
    write(this.word, current ? state.word : `Was ${state.word.toLowerCase()}`);
    write(this.detail, current ? detail(state, now) : "");
  }
}

const CALM = new Set(["secure", "closed"]);

function detail(state, now) {
  if (CALM.has(state.key)) return "";
  const since = state.since > 0 ? age(now - state.since) : "";
  if (state.key !== "unknown") return since;
  const before = state.last ? `was ${CONDITIONS[state.last].word.toLowerCase()}` : "";
  return [since, before].filter(Boolean).join(", ");
}

class Site {
  constructor(site) {
    this.site = site;
    this.section = element("section", "site");
    const heading = element("h2", "site-head");
    this.name = element("span", "site-name", site.name);
    this.clock = element("span", "site-clock");
    this.sum = element("span", "site-sum");
    heading.append(this.name, this.clock, this.sum);
    this.list = element("ul", "tiles");
    this.list.setAttribute("aria-label", `Doors of ${site.name}`);
    this.section.append(heading, this.list);
  }

  tick(now) {
    const zone = this.site.time_zone;
    write(this.clock, `${clock(now, zone).slice(0, 5)} UTC${offset(now, zone)}`);
  }

  summarise(states, current) {
    const secure = states.filter((state) => CALM.has(state.key)).length;
    const doors = states.length === 1 ? "1 door" : `${states.length} doors`;
    const sum = secure === states.length ? "all secure" : `${secure} secure`;
    write(this.sum, `${doors}, ${current ? sum : "not current"}`);
  }
}

export class Tiles {
  #sites = new Map();
  #tiles = new Map();
  #choose;

  /** `choose(door | null)` is called when a tile is pressed. */
  constructor(choose) {
    this.#choose = choose;
    this.root = element("div", "sites");
    this.root.addEventListener("click", (event) => this.#pressed(event));
    this.root.addEventListener("keydown", (event) => this.#moved(event));
    this.root.addEventListener("focusin", (event) => this.#focused(event.target));
  }

  /** Lay out the doors anew; tiles that stay are kept with their focus. */
  arrange(model) {
    const doors = [...model.doors.values()].sort((a, b) => BY_NAME.compare(a.name, b.name));
    const shape = JSON.stringify([[...model.sites.values()], doors.map((tile) => [tile.door, tile.site])]);
    if (shape === this.shape) return;
    this.shape = shape;
    this.#sites.clear();
    this.#tiles.clear();
    for (const site of model.sites.values()) this.#sites.set(site.id, new Site(site));
    for (const tile of doors) {
      const drawn = new Tile(tile);
      this.#tiles.set(tile.door, drawn);
      this.#sites.get(tile.site)?.list.append(drawn.item);
    }
    this.root.dataset.density = doors.length <= ROOMY ? "roomy" : doors.length <= CLOSE ? "close" : "dense";
    this.root.replaceChildren(...[...this.#sites.values()].map((site) => site.section));
    this.#rove(this.root.querySelector(".tile"));
  }

  /** Draw every door as it is at `now`; gives each door's state. */
  draw(model, calls, now, current) {
    const states = new Map();
    const perSite = new Map([...this.#sites.keys()].map((site) => [site, []]));
    for (const tile of model.doors.values()) {
      const state = condition(tile, calls.get(tile.door), now);
      states.set(tile.door, state);
      perSite.get(tile.site)?.push(state);
      this.#tiles.get(tile.door)?.draw(tile, state, now, current);
    }
    for (const [id, site] of this.#sites) {
      site.tick(now);
      site.summarise(perSite.get(id), current);
    }
    return states;
  }

  /** Bring a door's tile into view and give it the focus. */
  reveal(door) {
    const button = this.#tiles.get(door)?.button;
    if (!button) return;
    button.scrollIntoView({ block: "nearest" });
    button.focus({ preventScroll: true });
  }

  press(door) {
    for (const [id, tile] of this.#tiles) {
      tile.button.setAttribute("aria-pressed", String(id === door));
    }
  }

  #pressed(event) {
    const button = event.target.closest(".tile");
    if (!button) return;
    this.#choose(button.getAttribute("aria-pressed") === "true" ? null : button.dataset.door);
  }

  #focused(target) {
    if (target.classList.contains("tile")) this.#rove(target);
  }

  #rove(button) {
    for (const tile of this.#tiles.values()) tile.button.tabIndex = tile.button === button ? 0 : -1;
  }

  #moved(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.#columns(), ArrowUp: -this.#columns() };
    const buttons = [...this.root.querySelectorAll(".tile")];
    const at = buttons.indexOf(event.target.closest(".tile"));
    let to = null;
    if (event.key in steps) to = at + steps[event.key];
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = buttons.length - 1;
    if (to === null || at < 0) return;
    event.preventDefault();
    const next = buttons[Math.min(buttons.length - 1, Math.max(0, to))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  #columns() {
    const list = this.root.querySelector(".tiles");
    return list ? getComputedStyle(list).gridTemplateColumns.split(" ").length : 1;
  }
}
