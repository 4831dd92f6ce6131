// The doors that a person opens often, by the numbers 1 to 9, and how they are chosen.

import { button, element, folded, write } from "../gatehouse.shared/dom.js";
import { cover } from "../gatehouse.shared/keys.js";
import { keep } from "../gatehouse.shared/preferences.js";
import { mark, signOf } from "../gatehouse.live/conditions.js";
import { show, sign } from "../gatehouse.live/signs.js";

export const MOST = 9;

class Favourite {
  constructor(number, open) {
    this.item = element("li");
    this.button = button("favourite", "", () => open(this.door));
    this.button.setAttribute("aria-keyshortcuts", String(number));
    const cap = element("kbd", "", String(number));
    cap.setAttribute("aria-hidden", "true");
    this.sign = sign("question");
    this.name = element("span", "favourite-name");
    this.site = element("span", "place-site");
    this.word = element("span", "favourite-word");
    this.button.append(cap, this.sign, element("span", "favourite-door", this.name, this.site), this.word);
    this.item.append(this.button);
  }

  draw(door, { model, states, current, chosen }) {
    this.door = door;
    const tile = model.doors.get(door);
    const state = states.get(door);
    this.button.disabled = !tile;
    this.button.setAttribute("aria-pressed", String(chosen.door === door && !chosen.call));
    this.button.dataset.condition = state ? mark(state) : "unknown";
    show(this.sign, state ? signOf(state) : "question");
    write(this.name, tile?.name ?? door);
    write(this.site, tile ? model.siteName(tile.site) : "");
    const word = state?.word ?? "Not on this screen";
    write(this.word, current || !state ? word : "Not known");
  }
}

export class Favourites {
  #rows = [];

  /** `open(door)` brings one to the middle; `failed()` is called where the server did not keep the choice. */
  constructor(kept, open, failed) {
    this.doors = (Array.isArray(kept) ? kept : []).filter((one) => typeof one === "string").slice(0, MOST);
    this.failed = failed;
    this.root = element("section", "favourites");
    this.root.setAttribute("aria-label", "Favourites");
    this.choose = button("tool", "Choose…", () => this.picker.open());
    const head = element("div", "side-head", element("h2", "side-title", "Favourites"), this.choose);
    this.list = element("ol", "favourite-list");
    this.empty = element("p", "side-empty", "Doors that you choose stand here, each with its number.");
    this.root.append(head, this.list, this.empty);
    this.openDoor = open;
    this.picker = new Picker(this);
  }

  /** Open the favourite of this number; says whether there is one. */
  press(number) {
    const door = this.doors[number - 1];
    if (!door || !this.shown?.model.doors.has(door)) return false;
    this.openDoor(door);
    return true;
  }

  draw(shown) {
    this.shown = shown;
    while (this.#rows.length < this.doors.length) {
      const row = new Favourite(this.#rows.length + 1, (door) => this.openDoor(door));
      this.#rows.push(row);
      this.list.append(row.item);
    }
    for (const [at, row] of this.#rows.entries()) {
      row.item.hidden = at >= this.doors.length;
      if (at < this.doors.length) row.draw(this.doors[at], shown);
    }
    this.empty.hidden = this.doors.length > 0;
    this.picker.draw(shown);
  }

  async set(doors) {
    this.doors = doors.slice(0, MOST);
    this.draw(this.shown);
    if (!(await keep("favourites", this.doors))) this.failed();
  }
}

/** All doors of a person's sites, to choose from and to put into an order. */
class Picker {
  #rows = new Map();
  #order = "";

  constructor(favourites) {
    this.favourites = favourites;
    this.root = element("dialog", "picker act");
    this.root.setAttribute("aria-labelledby", "picker-title");
    const title = element("h2", "act-title", "Choose favourites");
    title.id = "picker-title";
    this.find = element("input", "act-field");
    this.find.type = "search";
    this.find.placeholder = "Find a door";
    this.find.setAttribute("aria-label", "Find a door");
    this.find.addEventListener("input", () => this.draw(this.shown));
    this.count = element("p", "act-place");
    this.count.setAttribute("role", "status");
    this.list = element("ul", "picker-list");
    const shut = button("act-button act-main", "Done", () => this.close());
    this.root.append(title, this.count, this.find, this.list, element("div", "act-ways", shut));
    this.root.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
  }

  open() {
    this.find.value = "";
    this.#order = "";
    this.root.showModal();
    cover(true);
    this.draw(this.shown);
    this.find.focus();
  }

  close() {
    this.root.close();
    cover(false);
    this.favourites.choose.focus();
  }

  draw(shown) {
    this.shown = shown;
    if (!this.root.open) return;
    const { model } = shown;
    const chosen = this.favourites.doors;
    write(this.count, `${chosen.length} of ${MOST}`);
    const words = folded(this.find.value).split(/\s+/).filter(Boolean);
    const fits = (tile) => words.every((word) => folded(`${tile.name} ${tile.level ?? ""} ${model.siteName(tile.site)}`).includes(word));
    const rank = (tile) => (chosen.indexOf(tile.door) + 1 || MOST + 1);
    const tiles = [...model.doors.values()].filter(fits);
    tiles.sort((a, b) => rank(a) - rank(b) || a.site.localeCompare(b.site) || a.name.localeCompare(b.name));
    const order = tiles.map((tile) => tile.door).join("\n");
    for (const tile of tiles) this.#row(tile, model).draw(chosen);
    if (order === this.#order) return;
    this.#order = order;
    const focused = this.root.getRootNode().activeElement;
    this.list.replaceChildren(...tiles.map((tile) => this.#rows.get(tile.door).item));
    if (focused && this.list.contains(focused)) focused.focus();
  }

  #row(tile, model) {
    if (!this.#rows.has(tile.door)) this.#rows.set(tile.door, new Choice(tile, model.siteName(tile.site), this.favourites));
    return this.#rows.get(tile.door);
  }
}

class Choice {
  constructor(tile, site, favourites) {
    this.door = tile.door;
    this.favourites = favourites;
    this.item = element("li", "choice-row");
    this.box = element("input");
    this.box.type = "checkbox";
    this.box.addEventListener("change", () => this.#toggle());
    this.number = element("span", "choice-number");
    const label = element("label", "choice-label", this.box, this.number, element("span", "choice-name", tile.name), element("span", "choice-site", site));
    this.up = button("tool", "↑", () => this.#move(-1));
    this.up.setAttribute("aria-label", `${tile.name}: a number lower`);
    this.down = button("tool", "↓", () => this.#move(1));
    this.down.setAttribute("aria-label", `${tile.name}: a number higher`);
    this.item.append(label, this.up, this.down);
  }

  draw(chosen) {
    const at = chosen.indexOf(this.door);
    this.box.checked = at >= 0;
    this.box.disabled = at < 0 && chosen.length >= MOST;
    write(this.number, at >= 0 ? String(at + 1) : "");
    this.up.hidden = this.down.hidden = at < 0;
    this.up.disabled = at === 0;
    this.down.disabled = at === chosen.length - 1;
  }

  #toggle() {
    const { doors } = this.favourites;
    const rest = doors.filter((one) => one !== this.door);
    this.favourites.set(this.box.checked ? [...rest, this.door] : rest);
  }

  #move(by) {
    const doors = [...this.favourites.doors];
    const at = doors.indexOf(this.door);
    [doors[at], doors[at + by]] = [doors[at + by], doors[at]];
    this.favourites.set(doors);
  }
}
