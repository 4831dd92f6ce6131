// The call in the middle with its door, and what can be done about it.

import { ActLines } from "../gatehouse.acts/lines.js";
import { button, element, write } from "../gatehouse.shared/dom.js";
import { mark, rangAt, signOf } from "../gatehouse.live/conditions.js";
import { show, sign } from "../gatehouse.live/signs.js";
import { age, clock, offset } from "../gatehouse.live/times.js";
import { whose } from "./queue.js";

const PHONE = "Speak on the desk phone: this screen neither answers nor ends a call.";
const LOCKS = { locked: "locked", unlocked: "unlocked", unknown: "not known" };
const POSITIONS = { open: "open", closed: "closed", unknown: "not known" };

function key(built, letter) {
  built.setAttribute("aria-keyshortcuts", letter.toUpperCase());
  const cap = element("kbd", "", letter.toUpperCase());
  cap.setAttribute("aria-hidden", "true");
  built.append(cap);
  return built;
}

export class Centre {
  /** `acts` has `unlock()`, `claim()`, `release()`, `decline()`, `stay()`. */
  constructor(acts) {
    this.root = element("section", "centre");
    this.root.setAttribute("aria-label", "Door");
    this.call = element("p", "centre-call");
    this.callSign = sign("phone");
    this.callWords = element("span", "");
    this.call.append(this.callSign, this.callWords);
    this.name = element("h2", "centre-name");
    this.where = element("p", "centre-where");
    this.whose = element("p", "centre-whose");
    this.state = element("p", "centre-state");
    this.sign = sign("question");
    this.word = element("span", "centre-word");
    this.age = element("span", "centre-age");
    this.state.append(this.sign, this.word, this.age);
    this.facts = element("p", "centre-facts");
    this.lines = new ActLines();
    this.phone = element("p", "centre-phone", PHONE);
    this.stay = button("act-button centre-stay", "Keep this door here without the call", acts.stay);
    this.body = element("div", "centre-body");
    this.body.append(this.call, this.name, this.where, this.state, this.facts, this.whose, this.stay, this.lines.root, this.phone);
    this.empty = element("p", "centre-empty");
    this.root.append(this.body, this.empty);
    this.#actions(acts);
  }

  #actions(acts) {
    this.actions = element("section", "actions");
    this.actions.setAttribute("aria-label", "What can be done");
    this.why = element("p", "actions-why");
    this.why.setAttribute("role", "status");
    this.unlock = button("act-button act-main unlock", "", acts.unlock);
    this.unlockName = element("span", "unlock-name");
    this.unlock.append(this.unlockName);
    key(this.unlock, "u");
    this.claimWord = element("span", "", "Claim");
    this.claim = button("act-button", "", acts.claim);
    this.claim.append(this.claimWord);
    key(this.claim, "c");
    this.release = key(button("act-button", "Release", acts.release), "r");
    this.decline = key(button("act-button", "Decline", acts.decline), "x");
    const others = element("div", "actions-call", this.claim, this.release, this.decline);
    this.actions.append(this.why, this.unlock, others);
  }

  /** Draw what stands here: `shown` has `{model, states, now, current, acting, me, chosen, doing, told}`. */
  draw(shown) {
    const { model, chosen, current } = shown;
    const tile = model.doors.get(chosen.door);
    this.body.hidden = !tile;
    this.empty.hidden = Boolean(tile);
    write(this.empty, current ? "Nobody is ringing. Who rings appears here; a favourite opens by its number." : "");
    if (tile) this.#door(tile, shown);
    this.#call(chosen, shown);
    this.#may(tile, shown);
  }

  #door(tile, { model, states, now, current }) {
    const state = states.get(tile.door);
    const site = model.sites.get(tile.site);
    const zone = site?.time_zone ?? "UTC";
    this.state.dataset.condition = doorOnly(state, tile) ?? mark(state);
    const look = doorState(state, tile);
    show(this.sign, look.sign);
    write(this.name, tile.name);
    write(this.where, `${[site?.name, tile.level].filter(Boolean).join(" · ")} · ${clock(now, zone).slice(0, 5)} UTC${offset(now, zone)}`);
    write(this.word, current ? look.word : `Not known now; was ${look.word.toLowerCase()}`);
    write(this.age, current && tile.since > 0 ? `for ${age(now - tile.since)}` : "");
    const seen = tile.sensor ? `Door ${POSITIONS[tile.position] ?? tile.position}` : "Door has no sensor";
    write(this.facts, `${seen}, lock ${LOCKS[tile.lock] ?? tile.lock}${presence(tile, now)}`);
    this.lines.draw(model, tile.door, zone);
  }

  #call(chosen, { now, me, current }) {
    const { call } = chosen;
    this.call.hidden = this.whose.hidden = !call;
    this.stay.hidden = !chosen.ended;
    if (!call) return;
    const over = chosen.ended;
    this.call.dataset.condition = over ? "over" : call.state === "ringing" ? "ringing" : "talking";
    const since = age(now - rangAt(call));
    const words = call.state === "ringing" ? `Ringing for ${since}` : `In a call for ${since}`;
    write(this.callWords, over ? "The call has ended" : current ? words : "Was calling");
    write(this.whose, over ? "" : whose(call, me));
    this.whose.dataset.taken = call.claimed ? (call.claimed.by === me ? "me" : "other") : "nobody";
  }

  #may(tile, { acting, chosen, me, doing, told, current }) {
    const { call, door } = chosen;
    const may = Boolean(tile) && acting.may(tile.site, "unlock");
    const hindered = may ? acting.hindered(door, call) : "";
    this.unlock.disabled = !may || hindered !== "" || !chosen.armed;
    write(this.unlockName, tile ? `Unlock ${tile.name}` : "Unlock");
    const open = Boolean(call) && !chosen.ended && current && !doing;
    const mine = call?.claimed?.by === me;
    write(this.claimWord, call?.claimed && !mine ? "Take over" : "Claim");
    this.claim.disabled = !open || mine;
    this.release.disabled = !open || !mine;
    this.decline.disabled = !open;
    write(this.why, told || hindered || (tile && !may ? "You may not unlock this door." : ""));
  }
}

const WORDS = { ringing: null, talking: null };

/** The state of the door itself: that somebody rings is said above it. */
function doorState(state, tile) {
  if (!(state.key in WORDS)) return { sign: signOf(state), word: state.word };
  if (tile.position === "open") return { sign: "half", word: "Open" };
  if (tile.lock === "unlocked") return { sign: "ring", word: "Unlocked" };
  if (tile.position === "closed" || tile.lock === "locked") return { sign: "square", word: tile.lock === "locked" ? "Secure" : "Closed" };
  return { sign: "question", word: "Unknown" };
}

const doorOnly = (state, tile) => {
  if (!(state.key in WORDS)) return null;
  return { Open: "open", Unlocked: "unlocked", Secure: "secure", Closed: "closed", Unknown: "unknown" }[doorState(state, tile).word];
};

function presence(tile, now) {
  if (tile.online === false) return ", device offline";
  if (tile.stale_at === 0) return ", device never heard";
  return tile.stale_at <= now ? ", device silent" : "";
}
