// An act at a door without leaving the screen: why, a proof, and then each stage as the log tells it.

import { button, changed, element, write } from "../gatehouse.shared/dom.js";
import { cover } from "../gatehouse.shared/keys.js";
import { Attempt } from "./attempt.js";
import { DoorList } from "./doors.js";
import { hindrance, lost } from "./guard.js";
import { Proofs } from "./proofs.js";
import { Reasons } from "./reasons.js";
import { Stages } from "./stages.js";
import { Terms } from "./terms.js";

const VERBS = {
  unlock: "Unlock",
  hold: "Keep unlocked",
  end_hold: "End the hold at",
  lockdown: "Lock down",
  release: "Release",
};

/** What several doors are called together. */
function several(doors) {
  if (!doors) return undefined;
  return doors.length === 1 ? doors[0].name : `${doors.length} doors`;
}

export class ActDialog {
  /** `presets` are the reasons of each site; `acted(door, words)` is told when one closes. */
  constructor({ clock, presets, signIn, me }, acted = () => {}) {
    this.clock = clock;
    this.presets = presets ?? {};
    this.signIn = signIn;
    this.me = me;
    this.hindered = "";
    this.acted = acted;
    this.attempt = null;
    this.root = element("dialog", "act");
    this.root.setAttribute("aria-labelledby", "act-title");
    this.title = element("h2", "act-title");
    this.title.id = "act-title";
    this.title.tabIndex = -1;
    this.place = element("p", "act-place");
    this.note = element("p", "act-note");
    this.alert = element("p", "act-alert");
    this.alert.setAttribute("role", "alert");
    this.said = element("p", "heard");
    this.said.setAttribute("role", "status");
    this.terms = new Terms(clock);
    this.doors = new DoorList();
    this.reasons = new Reasons((reason) => this.attempt?.ask(reason, this.terms.value));
    this.proofs = new Proofs();
    this.stages = new Stages();
    this.again = button("act-button", "Begin again", () => this.#again());
    this.enter = element("a", "act-button act-main", "Sign in again");
    this.enter.target = "_top";
    this.shut = button("act-button", "Cancel", () => this.close());
    this.shut.setAttribute("aria-keyshortcuts", "Escape");
    const ways = element("div", "act-ways", this.again, this.enter, this.shut);
    const head = element("header", "act-head", this.title, this.place);
    const parts = [this.terms.root, this.reasons.root, this.doors.root, this.proofs.root, this.stages.root];
    this.root.append(head, this.alert, ...parts, this.note, ways, this.said);
    this.root.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    // Who leaves the page can't look at what comes of it.
    this.gone = () => this.#shut();
    addEventListener("pagehide", this.gone);
    this.root.addEventListener("keydown", (event) => this.reasons.key(event));
  }

  get open() {
    return this.root.open;
  }

  /** Whether somebody is in the middle of an act at this door. */
  at(door) {
    return this.open && this.attempt?.wish.door === door;
  }

  /** Begin; `wish` is `{action, door, call}` or `{second}`. A press while one stands open does nothing. */
  begin(wish, shown) {
    if (this.open) return;
    this.wish = wish.second ? { ...wish, action: wish.second.action, door: wish.second.door } : wish;
    this.shown = shown;
    this.name = "doors";
    this.#attempt();
    this.root.showModal();
    cover(true);
    this.draw(shown);
    this.#focus();
  }

  #attempt() {
    this.attempt?.stop();
    this.attempt = new Attempt(this.wish, { clock: this.clock, changed: () => this.#changed() });
    this.reasons.offer(this.wish.second ? [] : (this.presets[this.#tile()?.site] ?? []));
    const tile = this.#tile();
    this.terms.offer(this.wish.second ? {} : this.wish, tile, this.shown.model.siteName(tile?.site));
    this.offered = !this.terms.root.hidden;
    this.proofs.offer(this.attempt);
    this.stages.clear();
  }

  #again() {
    this.#attempt();
    this.#changed();
  }

  #tile() {
    return this.shown.model.doors.get(this.wish.door);
  }

  #changed() {
    if (!this.open) return;
    this.draw(this.shown);
    this.#focus();
  }

  /** Put the focus where the next press belongs, when the step has changed. */
  #focus() {
    const { step, error, prompting, busy } = this.attempt;
    if (changed(this.root, [step, Boolean(error), prompting, busy])) this.#place();
  }

  #place() {
    const { step, error, busy } = this.attempt;
    if (busy) this.title.focus();
    else if (step === "reason") this.reasons.focus(this.title);
    else if (step === "proof") this.proofs.focus(this.title);
    else if (step === "over") (error?.signIn ? this.enter : this.shut).focus();
    else this.shut.focus();
  }

  /** Whether no press but Escape would do anything: the focus is on the title, or on what was disabled. */
  get #adrift() {
    const at = this.root.getRootNode().activeElement;
    return !this.root.contains(at) || at === this.title || at.disabled;
  }

  /** Take what the stream has told; `news` are the records of this frame. */
  hear(model, news) {
    if (!this.open) return;
    const here = news.some((record) => record.door === this.wish.door);
    this.attempt.hear(model.acts, here);
  }

  /** Draw it as things stand: `shown` is `{model, now, current}`. */
  draw(shown) {
    this.shown = shown;
    if (!this.open) return;
    const before = this.hindered;
    this.#watch(shown);
    const { attempt } = this;
    if (this.root.dataset.step !== attempt.step) this.root.dataset.step = attempt.step;
    this.#head(shown.model);
    this.#alert();
    this.terms.root.hidden = !this.offered || attempt.step !== "reason";
    this.reasons.root.hidden = attempt.step !== "reason";
    this.doors.draw(attempt, this.#zone(shown.model));
    this.reasons.draw(attempt, this.hindered);
    this.proofs.root.hidden = !["asking", "proof"].includes(attempt.step);
    this.proofs.draw(attempt, this.hindered);
    this.stages.root.hidden = attempt.step !== "follow";
    if (attempt.step === "follow") write(this.said, this.stages.draw(attempt, this.#tile(), this.#zone(shown.model)));
    const over = attempt.step === "over" || (attempt.flight?.final && !attempt.flight.good);
    this.again.hidden = !over || Boolean(attempt.error?.signIn) || Boolean(this.wish.second) || this.lasting || attempt.loose;
    this.enter.hidden = !attempt.error?.signIn;
    this.enter.href = this.#entry();
    write(this.shut, attempt.open ? "Cancel" : "Close");
    if (Boolean(before) !== Boolean(this.hindered) && this.#adrift) this.#place();
  }

  #watch(shown) {
    this.attempt.expire();
    const found = hindrance(shown, this.wish, this.attempt.flight?.id);
    this.lasting = found?.lasts === true;
    this.hindered = this.attempt.open && found ? found.words : "";
    if (!this.hindered) return;
    if (found.lasts) this.attempt.disarm(found.words);
    else this.attempt.pause();
  }

  #head(model) {
    const { wish, attempt } = this;
    const tile = this.#tile();
    // What the server will do, and not only what is drawn here.
    const named = attempt.asked?.shown;
    const door = named?.door ?? several(attempt.asked?.doors) ?? tile?.name ?? this.name;
    this.name = door;
    write(this.title, `${wish.second ? "Approve: " : ""}${VERBS[wish.action]} ${door}`);
    const site = named?.site ?? model.siteName(tile?.site);
    write(this.place, [site, tile?.level].filter(Boolean).join(" · "));
    write(this.note, this.#note());
  }

  #note() {
    const { wish, attempt } = this;
    const second = wish.second;
    if (second && attempt.step !== "follow") return second.reason ? `${second.by} asks: “${second.reason}”` : `${second.by} asks`;
    if (attempt.reason) return `Reason: ${attempt.reason}`;
    return "";
  }

  #alert() {
    const { error } = this.attempt;
    const words = error?.taken ? lost(error, this.shown.me) : (error?.message ?? this.hindered);
    write(this.alert, words);
    this.alert.hidden = !words;
  }

  #zone(model) {
    return model.sites.get(this.#tile()?.site ?? this.wish.second?.site)?.time_zone ?? "UTC";
  }

  #entry() {
    const next = `${location.pathname}${location.search}`;
    return `${this.signIn}?${new URLSearchParams({ reason: "idle", next })}`;
  }

  /** Close it; what has not been proved is called off by that, and stays here where it can't be taken back. */
  async close() {
    const { attempt } = this;
    if (!this.open) return;
    if (attempt.open && attempt.asked) {
      await attempt.disarm("You cancelled it.");
      if (attempt !== this.attempt || attempt.loose) return;
    }
    this.#shut(attempt.taken);
  }

  #shut(words = "") {
    if (!this.open) return;
    this.attempt.stop();
    this.root.close();
    cover(false);
    this.acted(this.wish.door, words);
  }

  stop() {
    removeEventListener("pagehide", this.gone);
    this.#shut();
    this.root.remove();
  }
}
