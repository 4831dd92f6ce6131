// What needs a person, worst first, and how many doors are in which state.

import { CONDITIONS, alarming } from "./conditions.js";
import { element, sign, write } from "./signs.js";
import { age } from "./times.js";

const MOST_CARDS = 24;
const COUNTED = {
  forced: ["forced", "forced"],
  ringing: ["ringing", "ringing"],
  held: ["held", "held open"],
  talking: ["talking", "in call"],
  unknown: ["unknown", "unknown"],
  lockdown: ["lockdown", "locked down"],
  open: ["open", "open or unlocked"],
  unlocked: ["open", ""],
  kept: ["open", ""],
  closed: ["secure", ""],
  secure: ["secure", "secure"],
};

const place = (model, tile) => model.sites.get(tile.site)?.name ?? tile.site;

/** Cards for doors with an alarm and for calls; a silent door keeps the alarm it had. */
function doorCards(model, states, calls) {
  const cards = [];
  for (const [door, state] of states) {
    const tile = model.doors.get(door);
    const base = { name: tile.name, where: place(model, tile), door };
    const alarm = alarming(state) ?? alarming({ key: tile.alarm, last: null });
    if (alarm) {
      const silent = state.key === "unknown";
      const where = silent ? `${base.where}, ${state.word.toLowerCase()}` : base.where;
      const condition = silent ? `unknown was-${alarm}` : alarm;
      cards.push({ ...base, where, key: alarm, condition, word: CONDITIONS[alarm].word, since: tile.since });
    }
    const call = calls.get(door);
    if (call) {
      const key = call.state === "ringing" ? "ringing" : "talking";
      cards.push({ ...base, key, condition: key, word: CONDITIONS[key].word, since: call.started });
    }
  }
  return cards;
}

/** One card a site for doors that nobody can speak for, and one for records that are missing. */
function siteCards(model, states) {
  const cards = [];
  for (const site of model.sites.values()) {
    const silent = [...states].filter(
      ([door, state]) => model.doors.get(door).site === site.id && state.key === "unknown" && !alarming(state),
    );
    if (silent.length > 0) {
      const [door, state] = silent[0];
      const name = silent.length === 1 ? model.doors.get(door).name : `${silent.length} doors`;
      const word = silent.length === 1 ? state.word : "Unknown";
      const since = Math.min(...silent.map(([, one]) => one.since));
      cards.push({ key: "unknown", condition: "unknown", word, name, where: site.name, since, door });
    }
    const gaps = [...model.gaps.values()].filter((gap) => gap.site === site.id && !gap.closed);
    if (gaps.length > 0) {
      const since = Math.min(...gaps.map((gap) => gap.opened));
      const name = gaps.length === 1 ? gaps[0].device : `${gaps.length} devices`;
      cards.push({ key: "gap", condition: "gap", word: "Records missing", name, where: site.name, since, door: null });
    }
  }
  return cards;
}

const RANK = [...Object.keys(CONDITIONS), "gap"];
const rank = (card) => RANK.indexOf(card.condition === card.key ? card.key : "unknown");
const worstFirst = (a, b) => rank(a) - rank(b) || RANK.indexOf(a.key) - RANK.indexOf(b.key) || a.since - b.since;

const was = (card) => (card.key === "gap" ? "Records were missing" : `Was ${card.word.toLowerCase()}`);

export class Strip {
  #cards = [];
  #shown = "";
  #reveal;

  /** `reveal(door)` is called when a card is pressed. */
  constructor(reveal) {
    this.#reveal = reveal;
    this.root = element("section", "strip");
    this.root.setAttribute("aria-label", "Needs attention");
    this.counts = element("ul", "counts");
    this.list = element("ul", "cards");
    this.quiet = element("p", "quiet");
    this.quiet.append(sign("square"), element("span", "", "Nothing needs attention."));
    this.root.append(this.list, this.quiet);
  }

  draw(model, states, calls, now, current) {
    const cards = [...doorCards(model, states, calls), ...siteCards(model, states)].sort(worstFirst);
    if (!current) for (const card of cards) card.word = was(card);
    const shape = JSON.stringify([cards.length, cards.slice(0, MOST_CARDS)]);
    if (shape !== this.#shown) this.#rebuild(cards, shape);
    for (const card of this.#cards) write(card.age, current && card.since > 0 ? age(now - card.since) : "");
    this.#count(states, current);
  }

  #rebuild(cards, shape) {
    const focused = this.root.getRootNode().activeElement?.dataset?.card;
    this.#shown = shape;
    this.#cards = cards.slice(0, MOST_CARDS).map((card) => this.#card(card));
    this.list.replaceChildren(...this.#cards.map((card) => card.item));
    if (cards.length > MOST_CARDS) {
      this.list.append(element("li", "card-more", `and ${cards.length - MOST_CARDS} more`));
    }
    this.list.hidden = cards.length === 0;
    this.quiet.hidden = cards.length > 0;
    if (focused) this.list.querySelector(`[data-card="${CSS.escape(focused)}"]`)?.focus();
  }

  #card(card) {
    const item = element("li");
    const box = element(card.door ? "button" : "div", "card");
    box.dataset.condition = card.condition;
    if (card.door) {
      box.type = "button";
      box.dataset.card = `${card.key} ${card.door}`;
      box.addEventListener("click", () => this.#reveal(card.door));
    }
    const since = element("span", "card-age");
    const head = element("span", "card-head");
    head.append(element("span", "card-word", card.word), since);
    const body = element("span", "card-body");
    body.append(element("span", "card-name", card.name), element("span", "card-where", card.where));
    const words = element("span", "card-words");
    words.append(head, body);
    box.append(sign(CONDITIONS[card.key]?.sign ?? "gap"), words);
    item.append(box);
    return { item, age: since, since: card.since };
  }

  #count(states, current) {
    const found = { secure: 0 };
    for (const state of states.values()) {
      const [chip] = COUNTED[state.key];
      found[chip] = (found[chip] ?? 0) + 1;
    }
    const shape = JSON.stringify([found, current]);
    if (shape === this.counted) return;
    this.counted = shape;
    const keys = Object.keys(COUNTED).filter((key) => key in found);
    const chips = keys.map((key) => this.#chip(key, found[key], COUNTED[key][1]));
    if (!current) chips.unshift(element("li", "count", "Last known:"));
    this.counts.replaceChildren(...chips);
  }

  #chip(key, number, word) {
    const item = element("li", "count");
    item.dataset.condition = key;
    item.append(sign(CONDITIONS[key].sign), element("b", "", String(number)), element("span", "", word));
    return item;
  }
}
