// What is known of one device: sections of terms, each with its lines.

import { changed, element, glyph } from "../gatehouse.shared/dom.js";

function line({ text, tone, sign, href, note, mono }) {
  const node = element("dd", mono ? "fact mono" : "fact");
  if (tone) node.dataset.tone = tone;
  if (sign) node.append(glyph(sign));
  if (href) {
    const link = element("a", "", text);
    link.href = href;
    node.append(link);
  } else if (text) node.append(element("span", "", text));
  if (note) node.append(element("span", "note", note));
  return node;
}

function term({ term: name, lines }) {
  const group = element("div", "term");
  group.append(element("dt", "", name), ...lines.map(line));
  return group;
}

class Section {
  constructor() {
    this.root = element("section", "section");
  }

  update(section) {
    if (!changed(this, section)) return;
    this.root.classList.toggle("wide", Boolean(section.wide));
    const list = element("dl");
    list.append(...section.terms.map(term));
    this.root.replaceChildren(element("h2", "", section.title));
    if (section.note) this.root.append(element("p", "note", section.note));
    this.root.append(list);
  }
}

export class Facts {
  constructor(parent) {
    this.root = element("div", "devices facts");
    this.sections = [];
    parent.append(this.root);
  }

  update(data) {
    while (this.sections.length < data.sections.length) this.#add();
    while (this.sections.length > data.sections.length) this.sections.pop().root.remove();
    data.sections.forEach((section, at) => this.sections[at].update(section));
  }

  stop() {
    this.root.remove();
  }

  #add() {
    const section = new Section();
    this.sections.push(section);
    this.root.append(section.root);
  }
}
