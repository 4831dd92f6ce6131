// One record beside the table, with all that is known of it; over the table where there is no room beside.

import { button, changed, element, glyph, link } from "../gatehouse.shared/dom.js";
import { age, here, number, stamp } from "../gatehouse.shared/formats.js";
import { proof } from "../gatehouse.proof/proof.js";
import { having, href } from "./address.js";
import { apart, chain } from "./chain.js";

const COPIED_FOR = 2_500;

export class Panel {
  constructor({ open, close, go, step }) {
    Object.assign(this, { open, close, go });
    this.root = element("dialog", "panel");
    this.title = element("h2", "panel-title");
    this.title.tabIndex = -1;
    this.copier = button("tool", "Copy as JSON", () => this.#copy());
    this.said = element("span", "spoken");
    this.said.setAttribute("role", "status");
    const up = named(button("tool icon", "↑", () => step(-1)), "Record above (K)");
    const down = named(button("tool icon", "↓", () => step(1)), "Record below (J)");
    const out = named(button("tool icon close", "×", () => close()), "Close (Escape)");
    this.tools = element("div", "panel-tools", up, down, this.copier, this.said, out);
    this.body = element("div", "panel-body");
    this.root.append(this.tools, this.title, this.body);
    this.root.addEventListener("cancel", (event) => {
      event.preventDefault();
      close();
    });
    // Below this width there is no room beside the table: css says the same.
    this.narrow = matchMedia("(max-width: 68rem)");
    this.turned = () => this.shown && this.#stand();
    this.narrow.addEventListener("change", this.turned);
  }

  get shown() {
    return this.root.open;
  }

  get covers() {
    return this.shown && this.modal;
  }

  /** Show a record, or what is known of it so far (`waiting`) until the rest has come. */
  show(record, query) {
    if (changed(this, [record, query])) this.#draw(record, query);
    if (!this.shown || this.drawn !== record.id) this.#stand();
    if (this.drawn !== record.id) this.root.scrollTop = 0;
    this.drawn = record.id;
  }

  hide() {
    if (this.shown) this.root.close();
    this.drawn = null;
  }

  /** As a dialog of its own where it covers the table; else beside it, and the keyboard stays where it is. */
  #stand() {
    if (this.narrow.matches === this.modal && this.shown) return;
    if (this.shown) this.root.close();
    this.modal = this.narrow.matches;
    if (this.modal) {
      this.root.showModal();
      this.title.focus();
    } else this.root.setAttribute("open", "");
  }

  #draw(record, query) {
    this.record = record;
    this.query = query;
    this.root.setAttribute("aria-label", `Record ${number(record.id)}`);
    this.root.dataset.tone = record.tone ?? "";
    this.title.replaceChildren(record.sign ? glyph(record.sign) : "", record.title);
    if (record.severity) this.title.append(element("span", "severity", ` ${record.severity}`));
    this.copier.hidden = !record.json;
    this.root.setAttribute("aria-busy", String(Boolean(record.waiting)));
    const parts = [element("p", "soft", record.words)];
    if (record.at) parts.push(this.#clocks(record));
    if (record.waiting) parts.push(...[6, 4, 5].map((lines) => waiting(lines)));
    if (record.chain?.length) {
      const { at } = record;
      parts.push(part("What belongs to it", chain(record.chain, { query, open: this.open, at })));
    }
    parts.push(...(record.sections ?? []).map((section) => this.#section(section)));
    if (record.leaf) parts.push(sealed(record), proof(record.id));
    const held = this.body.contains(this.root.getRootNode().activeElement);
    this.body.replaceChildren(...parts);
    // Who went on from within the record goes on reading there.
    if (held) this.title.focus();
  }

  #clocks({ at, received, told, zone, siteName, ours }) {
    const silent = told === null || told === undefined;
    const rows = [
      [siteName ? `At ${siteName}` : "UTC", stamp(at, zone)],
      ["For you", stamp(at, here), `${age(Date.now() * 1000 - at)} ago`],
    ];
    if (ours) return part("When", terms(rows.map(([term, text, note]) => ({ term, lines: [{ text, note }] }))));
    rows.push(
      silent
        ? ["Device's clock", "It told no time", "so it counts from when it came to us"]
        : ["Device's clock", stamp(told, zone), told === at ? "" : "can't be right, so ours counts"],
      ["Our clock", stamp(received, zone)],
    );
    if (!silent) rows.push(["Difference", apart(received - told), "from the device's clock to ours"]);
    return part("When", terms(rows.map(([term, text, note]) => ({ term, lines: [{ text, note }] }))));
  }

  #section({ title, terms: all }) {
    return part(title, terms(all, (line) => this.#line(line)));
  }

  #line({ text, note, only, page, mono }) {
    let words = text;
    if (only) {
      const wanted = having(this.query, ...only);
      words = link("", href(wanted), () => this.go(wanted), text);
      words.title = `Only ${text}`;
    } else if (page) {
      words = element("a", "", text);
      words.href = page;
    }
    return element("dd", mono ? "mono" : "", words, note ? element("span", "soft", ` ${note}`) : null);
  }

  async #copy() {
    const done = await copied(this.record.json, this.root);
    this.copier.textContent = done ? "Copied" : "Not copied";
    this.said.textContent = done ? "The record is in the clipboard." : "This browser does not let us copy.";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.copier.textContent = "Copy as JSON";
      this.said.textContent = "";
    }, COPIED_FOR);
  }

  stop() {
    clearTimeout(this.timer);
    this.narrow.removeEventListener("change", this.turned);
    this.hide();
  }
}

function named(built, name) {
  built.setAttribute("aria-label", name);
  built.title = name;
  return built;
}

function part(title, ...content) {
  return element("section", "part", element("h3", "", title), ...content);
}

function terms(all, line = ({ text, note }) => element("dd", "", text, note ? element("span", "soft", ` ${note}`) : null)) {
  return element(
    "dl",
    "",
    ...all.map(({ term, lines }) => element("div", "term", element("dt", "", term), ...lines.map(line))),
  );
}

function waiting(lines) {
  const box = element("div", "waiting", ...Array.from({ length: lines }, () => element("span", "bone")));
  box.setAttribute("aria-hidden", "true");
  return box;
}

function sealed({ leaf }) {
  const text = element("pre", "mono", leaf);
  text.tabIndex = 0;
  text.setAttribute("aria-label", "The sealed part as JSON");
  return element("details", "part", element("summary", "", "The sealed part, as it is kept for ever"), text);
}

/** Where the page is not on a trustworthy address, browsers keep the clipboard to themselves. */
async function copied(text, near) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // The older way may still be open.
    }
  }
  const field = element("textarea", "spoken");
  field.value = text;
  near.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
