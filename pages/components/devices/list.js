// One line a device, each with a link that opens it.

import { arrange, element, marked, write } from "./text.js";

const plain = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

class Line {
  constructor(open) {
    this.root = element("li", "line");
    this.state = marked("state", "", "");
    this.link = element("a", "name");
    this.place = element("span", "place");
    this.heard = element("span", "heard");
    this.doors = element("span", "served");
    this.chips = element("ul", "chips");
    this.link.addEventListener("click", (event) => {
      if (!plain(event)) return;
      event.preventDefault();
      open(this.id);
    });
    const who = element("span", "who");
    who.append(this.link, this.place);
    this.root.append(this.state, who, this.heard, this.doors, this.chips);
  }

  update(row) {
    this.id = row.id;
    this.root.dataset.device = row.id;
    this.root.dataset.tone = row.tone;
    write(this.state.children[0], row.sign);
    write(this.state.children[1], row.word);
    write(this.link, row.name);
    this.link.href = row.href;
    write(this.place, row.place);
    write(this.heard, row.heard);
    write(this.doors, row.doors);
    const said = JSON.stringify(row.chips);
    if (this.said === said) return;
    this.said = said;
    this.chips.replaceChildren(...row.chips.map(chip));
  }
}

function chip({ text, tone, sign }) {
  const node = element("li", "chip");
  node.dataset.tone = tone;
  node.append(marked("", sign, text));
  return node;
}

export class List {
  constructor(parent) {
    this.root = element("div", "devices");
    this.list = element("ul", "lines");
    this.lines = new Map();
    this.root.append(this.list);
    parent.append(this.root);
  }

  update(data, open) {
    this.open = open;
    this.list.setAttribute("aria-label", data.label);
    const kept = new Map();
    for (const row of data.rows) {
      const line = this.lines.get(row.id) ?? new Line((id) => this.open(id));
      line.update(row);
      kept.set(row.id, line);
    }
    this.lines = kept;
    arrange(this.list, [...kept.values()].map((line) => line.root));
  }
}
