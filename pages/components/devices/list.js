// One line a device, each with a link that opens it.

import { changed, element, link, write } from "../gatehouse.shared/dom.js";
import { arrange, marked } from "./text.js";

class Line {
  constructor(open) {
    this.root = element("li", "line");
    this.state = marked("state", "", "");
    this.link = link("name", "", () => open(this.id));
    this.place = element("span", "place");
    this.heard = element("span", "heard");
    this.doors = element("span", "served");
    this.chips = element("ul", "chips");
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
    if (changed(this.chips, row.chips)) this.chips.replaceChildren(...row.chips.map(chip));
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

  update(data, tell) {
    this.tell = tell;
    this.list.setAttribute("aria-label", data.label);
    const kept = new Map();
    for (const row of data.rows) {
      const line = this.lines.get(row.id) ?? new Line((id) => this.tell("open", id));
      line.update(row);
      kept.set(row.id, line);
    }
    this.lines = kept;
    arrange(this.list, [...kept.values()].map((line) => line.root));
  }

  stop() {
    this.root.remove();
  }
}
