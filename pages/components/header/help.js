// All keys at one glance, over the page; and the switch for those who speak to their computer.

import { button, element } from "../gatehouse.shared/dom.js";

const EVERYWHERE = [
  ["/", "Search"],
  ["s", "Choose sites"],
  ["n", "What needs you now"],
  ["?", "This overview"],
  ["Esc", "Close what is open"],
];

export class Help {
  constructor(keys) {
    this.keys = keys;
    this.root = element("dialog", "help");
    this.root.setAttribute("aria-label", "Keyboard shortcuts");
    this.root.addEventListener("keydown", (event) => event.stopPropagation());
    this.root.addEventListener("click", (event) => event.target === this.root && this.root.close());
  }

  open(pages, title, own) {
    if (this.root.open) return;
    const box = element("div", "help-box");
    const head = element("div", "help-head");
    const close = button("plain", "Close");
    close.addEventListener("click", () => this.root.close());
    head.append(element("h2", "", "Keyboard shortcuts"), close);
    const columns = element("div", "help-columns");
    columns.append(table("Everywhere", EVERYWHERE), table("Pages", pages.map((one) => [`g ${one.key}`, one.title])));
    if (own.length > 0) columns.append(table(`On ${title}`, own));
    box.append(head, columns, this.toggle());
    this.root.replaceChildren(box);
    this.root.showModal();
  }

  toggle() {
    const line = element("label", "help-switch");
    const box = element("input");
    box.type = "checkbox";
    box.checked = this.keys.on;
    box.addEventListener("change", () => (this.keys.on = box.checked));
    line.append(box, "Single keys work in this browser");
    return line;
  }
}

function table(title, rows) {
  const part = element("section");
  const list = element("dl");
  for (const [keys, words] of rows) {
    const term = element("dt");
    for (const key of keys.split(" ")) term.append(element("kbd", "", key));
    list.append(term, element("dd", "", words));
  }
  part.append(element("h3", "", title), list);
  return part;
}
