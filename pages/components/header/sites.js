// Which of my sites the pages show: all, one, or several together.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { Panel, sign } from "./dom.js";

const ALL = "All my sites";
const FILTERED_FROM = 8;

export class Sites {
  constructor(choose) {
    this.choose = choose;
    this.root = element("div", "sites");
    this.opener = button("opener");
    this.label = element("span", "label");
    this.opener.append(sign("place"), this.label, sign("down"));
    this.alone = element("span", "alone");
    this.list = element("div", "panel site-list");
    this.list.setAttribute("role", "group");
    this.list.setAttribute("aria-label", "Sites");
    this.filter = element("input", "filter");
    this.filter.type = "search";
    this.filter.placeholder = "Find a site";
    this.filter.setAttribute("aria-label", "Find a site");
    this.filter.addEventListener("input", () => this.narrow());
    this.rows = element("div", "rows");
    this.list.append(this.filter, this.rows);
    this.root.append(this.opener, this.alone, this.list);
    this.panel = new Panel(this.root, this.opener, this.list, () => this.opened());
  }

  update(sites, chosen) {
    const same = JSON.stringify([sites, chosen]);
    if (same === this.drawn) return;
    this.drawn = same;
    this.sites = sites;
    this.chosen = new Set(chosen);
    this.root.hidden = sites.length === 0;
    this.opener.hidden = sites.length < 2;
    this.alone.hidden = sites.length !== 1;
    write(this.alone, sites[0]?.name ?? "");
    write(this.label, this.said());
    this.opener.setAttribute("aria-label", `Sites shown: ${this.said()}`);
    this.draw();
  }

  said() {
    const only = this.sites.filter((one) => this.chosen.has(one.id));
    if (only.length === 0) return ALL;
    return only.length === 1 ? only[0].name : `${only.length} of ${this.sites.length} sites`;
  }

  draw() {
    const stood = this.rows.contains(this.rows.getRootNode().activeElement)
      ? this.rows.getRootNode().activeElement.dataset.row
      : null;
    this.filter.hidden = this.sites.length < FILTERED_FROM;
    this.rows.replaceChildren(this.every(), ...this.sites.map((one) => this.row(one)));
    this.narrow();
    if (stood) this.rows.querySelector(`[data-row="${CSS.escape(stood)}"]`)?.focus();
  }

  every() {
    const all = this.choice(ALL, this.chosen.size === 0, "all", []);
    const row = element("div", "site-row");
    row.append(all);
    return row;
  }

  row({ id, name }) {
    const row = element("div", "site-row");
    row.dataset.name = name.toLowerCase();
    const only = this.chosen.size === 1 && this.chosen.has(id);
    const together = element("input", "together");
    together.type = "checkbox";
    together.checked = this.chosen.has(id);
    together.dataset.row = `with:${id}`;
    together.title = "Show together with others";
    together.setAttribute("aria-label", `${name}, together with others`);
    together.addEventListener("change", () => this.mix(id, together.checked));
    row.append(this.choice(name, only, `only:${id}`, [id]), together);
    return row;
  }

  choice(text, pressed, key, sites) {
    const built = button("choice", text);
    built.dataset.row = key;
    built.dataset.stop = "";
    built.setAttribute("aria-pressed", String(pressed));
    built.addEventListener("click", () => {
      this.panel.close();
      this.opener.focus();
      this.choose(sites);
    });
    return built;
  }

  mix(id, added) {
    const wanted = new Set(this.chosen);
    if (added) wanted.add(id);
    else wanted.delete(id);
    this.choose(wanted.size === this.sites.length ? [] : [...wanted]);
  }

  narrow() {
    const wanted = this.filter.value.trim().toLowerCase();
    for (const row of this.rows.children) row.hidden = !(row.dataset.name ?? wanted).includes(wanted);
  }

  opened() {
    this.filter.value = "";
    this.narrow();
    (this.filter.hidden ? this.rows.querySelector("[aria-pressed=true]") ?? this.rows.querySelector("button") : this.filter).focus();
  }
}
