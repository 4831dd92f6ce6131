// Exports of what the page shows: the button that begins one, and this session's own with their progress.

import { worded } from "../gatehouse.live/rows.js";
import { button, changed, element } from "../gatehouse.shared/dom.js";
import { clock, here, number, offset, percent } from "../gatehouse.shared/formats.js";
import { bytes, mine } from "./export_client.js";
import { ExportDialog } from "./export_dialog.js";

const EVERY = 1000;
const NAMES = {
  csv: "CSV",
  jsonl: "JSON Lines",
  parquet: "Parquet",
  package: "Evidence package",
  "package-aes": "Evidence package, encrypted",
};
const ERASED = "deleted: somebody has been erased from the log since it was asked for. Export it again.";
const UNDER_WAY = new Set(["queued", "building"]);

export class Exports {
  constructor(parent) {
    this.root = element("div", "log exports");
    this.begin = button("export-begin", "Export…", () => this.dialog.begin(this.data));
    this.list = element("ul", "export-list");
    this.list.setAttribute("aria-label", "Your exports");
    this.said = element("span", "spoken");
    this.said.setAttribute("role", "status");
    this.root.append(this.begin, this.list, this.said);
    this.dialog = new ExportDialog(() => this.#look());
    this.root.append(this.dialog.root);
    parent.append(this.root);
    this.states = new Map();
    this.#look();
  }

  update(data) {
    this.data = data;
    this.begin.disabled = !data.query;
    this.dialog.at(data);
  }

  async #look() {
    clearTimeout(this.timer);
    const found = await mine();
    if (this.over || found === null) return;
    this.#draw(found);
    if (found.some(({ state }) => UNDER_WAY.has(state))) this.timer = setTimeout(() => this.#look(), EVERY);
  }

  #draw(found) {
    this.list.hidden = !found.length;
    if (!changed(this.list, found)) return;
    for (const one of found) this.#say(one);
    this.list.replaceChildren(...found.map((one) => this.#line(one)));
  }

  /** Said aloud once it is ready or has failed, and not at each step before. */
  #say({ id, state, format }) {
    const before = this.states.get(id);
    this.states.set(id, state);
    if (before && before !== state && !UNDER_WAY.has(state)) this.said.textContent = `${NAMES[format]}: ${state}`;
  }

  #line(one) {
    const at = `${clock(one.created, here)} ${offset(one.created, here)}`;
    const line = element("li", "export-one", element("b", "", NAMES[one.format] ?? one.format), element("span", "", at));
    line.dataset.state = one.state;
    line.append(...this.#words(one));
    return line;
  }

  #words(one) {
    if (one.state === "queued") return [element("span", "", "waits to be built")];
    if (one.state === "building") {
      const bar = element("progress");
      bar.max = Math.max(one.rows, one.done, 1);
      bar.value = one.done;
      bar.setAttribute("aria-label", "Built so far");
      return [bar, element("span", "", `${number(one.done)} records, ${percent(Math.min(1, one.done / bar.max))}`)];
    }
    if (one.state === "failed") return [element("span", "", `could not be built: ${worded(one.reason).toLowerCase()}. Reference ${one.reference}`)];
    if (one.reason === "erased") return [element("span", "", ERASED)];
    const size = `${number(one.rows)} records, ${bytes(one.bytes)}`;
    if (!one.url) return [element("span", "", `${size}; delivered or given up`)];
    const link = element("a", "export-take", "Download");
    link.href = one.url;
    link.download = "";
    // Once all of it has left, the link leads nowhere.
    link.addEventListener("click", () => setTimeout(() => this.#look(), 2 * EVERY));
    const sum = element("code", "export-sum", `SHA-256 ${one.sha256}`);
    return [link, element("span", "", size), sum];
  }

  stop() {
    this.over = true;
    clearTimeout(this.timer);
    this.dialog.stop();
    this.root.remove();
  }
}
