// What needs a person, worst first. It takes the same room however much that is, so that no door moves for it.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { CONDITIONS, RANK, alarming, rangAt } from "../gatehouse.live/conditions.js";
import { show, sign } from "../gatehouse.live/signs.js";
import { age } from "../gatehouse.live/times.js";

const LARGE = 320;
const SMALL = 296;
const ROWS = 2;
const ROWS_ON_A_PHONE = 3;
const PHONE = 560;

/** Why a lockdown may not hold at a door. */
const DOUBTED = {
  unconfirmed: "Lockdown not confirmed",
  mode_lost: "Lockdown not shown",
  lease_over: "Lockdown not kept",
};

/** Cards for doors with an alarm and for calls; a silent door keeps the alarm it had. */
function doorCards(model, states, calls) {
  const cards = [];
  for (const [door, state] of states) {
    const tile = model.doors.get(door);
    const base = { name: tile.name, where: model.siteName(tile.site), site: tile.site, door };
    const alarm = alarming(state) ?? alarming({ key: tile.alarm, last: null });
    if (alarm) {
      const silent = state.key === "unknown";
      const where = silent ? `${base.where}, ${state.word.toLowerCase()}` : base.where;
      const condition = silent ? `unknown was-${alarm}` : alarm;
      cards.push({ ...base, where, key: alarm, condition, word: CONDITIONS[alarm].word, since: tile.since });
    }
    if (tile.mode_doubt in DOUBTED) {
      cards.push({ ...base, key: "doubted", condition: "doubted", word: DOUBTED[tile.mode_doubt], since: tile.since });
    }
    const call = calls.get(door);
    if (call) {
      const key = call.state === "ringing" ? "ringing" : "talking";
      cards.push({ ...base, key, condition: key, word: CONDITIONS[key].word, since: rangAt(call) });
    }
  }
  return cards;
}

/** One card a site for doors that nobody can speak for, and one for records that are missing. */
function siteCards(model, states) {
  const cards = [];
  for (const site of model.sites.values()) {
    const base = { where: site.name, site: site.id };
    const silent = [...states].filter(
      ([door, state]) => model.doors.get(door).site === site.id && state.key === "unknown" && !alarming(state),
    );
    if (silent.length > 0) {
      const [door, state] = silent[0];
      const name = silent.length === 1 ? model.doors.get(door).name : `${silent.length} doors`;
      const word = silent.length === 1 ? state.word : "Unknown";
      const since = Math.min(...silent.map(([, one]) => one.since));
      const doors = silent.map(([one]) => one);
      cards.push({ ...base, key: "unknown", condition: "unknown", word, name, since, door, doors });
    }
    const gaps = [...model.gaps.values()].filter((gap) => gap.site === site.id && !gap.closed);
    if (gaps.length > 0) {
      const since = Math.min(...gaps.map((gap) => gap.opened));
      const name = gaps.length === 1 ? gaps[0].device : `${gaps.length} devices`;
      cards.push({ ...base, key: "gap", condition: "gap", word: "Records missing", name, since, door: null });
    }
  }
  return cards;
}

/** One card for each person who acts under duress: it says who, and where. */
function silentCards(model) {
  return [...model.alarms.values()].map((one) => {
    const { name, where } = model.placeOf(one);
    const at = where ? `${name}, ${where}` : name;
    const key = one.kind === "operator.acts_locked" ? "locked" : "duress";
    const said = { name: one.name || name, where: one.name ? at : where, word: CONDITIONS[key].word };
    return { ...said, key, condition: key, id: one.id, site: one.site, since: one.since, door: one.door };
  });
}

/** One card for each door whose device has answered after the verdict. */
function lateCards(model) {
  return [...model.acts.values()]
    .filter((one) => one.late > 0)
    .map((one) => {
      const said = { ...model.placeOf(one), word: CONDITIONS.late.word, key: "late", condition: "late" };
      return { ...said, id: one.act, site: one.site, since: one.late, door: one.door };
    });
}

const ORDER = [...RANK, "gap"];
const rank = (card) => ORDER.indexOf(card.condition === card.key ? card.key : "unknown");
const worstFirst = (a, b) => rank(a) - rank(b) || ORDER.indexOf(a.key) - ORDER.indexOf(b.key) || a.since - b.since;

/** All that needs a person at any site of this screen, worst first. */
export const needs = (model, states, calls) =>
  [...silentCards(model), ...lateCards(model), ...doorCards(model, states, calls), ...siteCards(model, states)].sort(worstFirst);

const wordOf = (card, current) => {
  if (current) return card.word;
  return card.key === "gap" ? "Records were missing" : `Was ${card.word.toLowerCase()}`;
};
const keyOf = (card) => `${card.key} ${card.id ?? (card.key === "unknown" || !card.door ? card.site : card.door)}`;

class Card {
  constructor(card, reveal) {
    this.item = element("li");
    this.box = card.door ? button("card", "", () => reveal(this.card)) : element("div", "card");
    this.sign = sign(CONDITIONS[card.key]?.sign ?? "gap");
    this.word = element("span", "card-word");
    this.name = element("span", "card-name");
    this.where = element("span", "card-where");
    this.age = element("span", "card-age");
    const words = element("span", "card-words");
    words.append(this.word, this.name, this.where, this.age);
    this.box.append(this.sign, words);
    this.item.append(this.box);
  }

  draw(card, now, current) {
    this.card = card;
    if (this.condition !== card.condition) this.box.dataset.condition = card.condition;
    this.condition = card.condition;
    show(this.sign, CONDITIONS[card.key]?.sign ?? "gap");
    write(this.word, wordOf(card, current));
    write(this.name, card.name);
    write(this.where, card.where);
    write(this.age, current && card.since > 0 ? age(now - card.since) : "");
  }
}

export class Strip {
  #cards = new Map();
  #columns = { large: 4, small: 6, rows: ROWS };
  #order = "";
  #reveal;

  /** `reveal(card)` is called when a card is pressed, `more()` for those that have no room. */
  constructor(reveal, more) {
    this.#reveal = reveal;
    this.root = element("section", "strip");
    this.root.setAttribute("aria-label", "Needs attention");
    this.list = element("ul", "cards");
    this.quiet = element("p", "quiet");
    this.quiet.append(sign("square"), element("span", "", "Nothing needs attention."));
    this.rest = element("li", "card-more");
    this.more = button("card-rest", "", () => more());
    this.rest.append(this.more);
    this.elsewhere = element("p", "elsewhere");
    this.elsewhere.hidden = true;
    this.root.append(this.list, this.quiet, this.elsewhere);
  }

  /** Say how wide it is, in CSS pixels. */
  measure(width) {
    this.#columns = {
      large: Math.max(1, Math.floor(width / LARGE)),
      small: Math.max(1, Math.floor(width / SMALL)),
      rows: width < PHONE ? ROWS_ON_A_PHONE : ROWS,
    };
  }

  /** Draw what needs a person here; `others` is how much does at sites not drawn, `fresh` that new cards are news. */
  draw(cards, others, { now, current, fresh }) {
    const large = cards.length <= this.#columns.large;
    const room = large ? this.#columns.large : this.#columns.small * this.#columns.rows;
    const shown = cards.slice(0, cards.length > room ? room - 1 : room);
    const size = large ? "large" : cards.length <= this.#columns.large * this.#columns.rows ? "half" : "small";
    if (this.root.dataset.size !== size) this.root.dataset.size = size;
    this.#place(shown, cards.length - shown.length, fresh);
    for (const card of shown) this.#cards.get(keyOf(card)).draw(card, now, current);
    const left = others === 1 ? "1 more at another site of yours" : `${others} more at other sites of yours`;
    write(this.elsewhere, others > 0 ? left : "");
    this.elsewhere.hidden = others === 0;
  }

  #place(shown, left, fresh) {
    const keys = shown.map(keyOf);
    const signature = JSON.stringify([keys, left]);
    if (signature === this.#order) return;
    this.#order = signature;
    const focused = this.root.getRootNode().activeElement;
    for (const key of this.#cards.keys()) if (!keys.includes(key)) this.#cards.delete(key);
    for (const [at, card] of shown.entries()) {
      if (this.#cards.has(keys[at])) continue;
      const made = new Card(card, this.#reveal);
      // One that appears while somebody watches draws the eye for a few seconds.
      made.box.dataset.fresh = String(fresh);
      this.#cards.set(keys[at], made);
    }
    const items = keys.map((key) => this.#cards.get(key).item);
    if (left > 0) items.push(this.rest);
    write(this.more, `and ${left} more`);
    this.list.replaceChildren(...items);
    this.list.hidden = items.length === 0;
    this.quiet.hidden = items.length > 0;
    if (focused && this.list.contains(focused)) focused.focus({ preventScroll: true });
  }
}
