// What every screen of the live stream is made of: it takes frames, draws in time, and says how sure it is.

import { element } from "../gatehouse.shared/dom.js";
import { dark } from "../gatehouse.shared/standing.js";
import { Acting } from "../gatehouse.acts/acting.js";
import { Announcer } from "./announcer.js";
import { Teller, attention } from "./attention.js";
import { Banner } from "./bar.js";
import { condition, openCalls, sounding } from "./conditions.js";
import { Model } from "./model.js";
import { SILENT_AFTER, Stream } from "./stream.js";
import { ServerClock, Stopwatch, clock, here } from "./times.js";

const TICK = 500;
/** Milliseconds between two drawings: at two hundred records a second nobody sees more of them. */
const DRAW_EVERY = 100;
// A socket that comes straight back is no loss worth an alarm.
const GRACE = 1.5;
const DETACHED = 10;
// Streamlit's own redirect comes with the end of a session and goes first: two that meet end the tab (a
// segmentation fault in Chromium 156, one time in ten).
const YIELD = 300;

const CONTRAST = matchMedia("(prefers-contrast: more)");
/** Set on the page by the header, where more contrast was chosen there. */
const CONTRAST_CHOSEN = "data-gatehouse-contrast";

/** A screen builds itself in `build(parent, data)`, takes `arrived(fresh, first, back)` and `told(fresh)`, and draws
 * `drawn(shown)`; it has a `bar` and `hearing` by then. */
export class Watcher {
  constructor(name, data) {
    this.model = new Model();
    this.model.choose(data.sites ?? []);
    this.clock = new ServerClock();
    this.announcer = new Announcer();
    this.banner = new Banner();
    this.root = element("div", `screen ${name}`);
    this.teller = new Teller();
    this.verdict = null;
    this.away = null;
    this.down = new Stopwatch();
    this.attached = new Stopwatch();
    this.drawnAt = 0;
    this.cost = 0;
  }

  start(parent, data) {
    this.build(parent, data);
    this.root.append(this.announcer.root);
    parent.append(this.root);
    const say = (words) => this.announcer.say(words);
    this.acting = new Acting(data, { clock: this.clock, say, parent: this.root, closed: () => this.draw() });
    this.stream = new Stream(data.stream, {
      frame: (frame) => this.take(frame),
      ended: (reason) => this.ended(reason, data.sign_in),
      refused: () => this.settle("refused", "You have no site to watch. An administrator can give you one."),
    });
    this.listen();
    this.timer = setInterval(() => this.tick(), TICK);
    this.draw();
  }

  listen() {
    this.looked = () => {
      this.due = null;
      if (document.visibilityState === "visible") this.wake();
    };
    document.addEventListener("visibilitychange", this.looked);
    this.themed = () => this.theme();
    CONTRAST.addEventListener("change", this.themed);
    this.dressed = new MutationObserver(this.themed);
    this.dressed.observe(document.documentElement, { attributeFilter: [CONTRAST_CHOSEN, "data-gatehouse-theme"] });
  }

  theme() {
    this.root.dataset.theme = dark(this.root) ? "dark" : "light";
    const more = CONTRAST.matches || document.documentElement.hasAttribute(CONTRAST_CHOSEN);
    this.root.dataset.contrast = more ? "more" : "normal";
  }

  // --- what the stream tells ---------------------------------------------------------------------------------

  take(frame) {
    if (frame.now) this.clock.set(frame.now);
    if (frame.type === "beat") this.model.beat(frame);
    else if (frame.type === "snapshot") this.#snapshot(frame);
    else this.#records(frame);
    this.schedule();
  }

  #snapshot(frame) {
    const back = this.away;
    this.away = null;
    const fresh = this.model.snapshot(frame);
    const first = frame.reset || !this.begun;
    this.begun = true;
    this.announcer.add(fresh, this.model);
    this.arrived(fresh, first, back);
    this.acting.hear(this.model, fresh);
  }

  #records(frame) {
    const fresh = this.model.records(frame);
    this.announcer.add(fresh, this.model);
    this.told(fresh);
    this.acting.hear(this.model, fresh);
  }

  /** How far what is drawn may be believed. */
  get link() {
    if (this.verdict) return this.verdict;
    if (this.stream.live) return "live";
    if (!this.begun) return this.down.seconds > SILENT_AFTER ? "lost" : "connecting";
    const brief = this.down.seconds <= GRACE && this.stream.silence <= SILENT_AFTER;
    return brief ? "again" : "lost";
  }

  // --- drawing -----------------------------------------------------------------------------------------------

  /** Draw soon: with the screen's next frame, or where nobody looks, at once; not more often than can be seen. */
  schedule() {
    // Three times as long as the last drawing took, so that a large wall is paced and a small one is not.
    const pace = Math.min(DRAW_EVERY, 3 * this.cost);
    const pause = Math.max(0, pace - (performance.now() - this.drawnAt));
    if (document.visibilityState === "hidden") {
      if (pause === 0) this.draw();
      return;
    }
    if (this.due) return;
    const mine = (this.due = {});
    const draw = () => {
      if (this.due === mine) this.draw();
    };
    if (pause === 0) requestAnimationFrame(draw);
    else setTimeout(() => requestAnimationFrame(draw), pause);
  }

  draw() {
    const began = performance.now();
    this.#draw();
    this.cost = performance.now() - began;
  }

  #draw() {
    this.due = null;
    this.drawnAt = performance.now();
    const link = this.link;
    if (link === "live") this.down.restart();
    const now = this.clock.now();
    const current = link === "live" || link === "again";
    if (this.root.dataset.link !== link) this.root.dataset.link = link;
    this.bar.draw(link, this.stream.silence, this.model.head, now);
    this.#warn(link, now);
    const calls = openCalls(this.model.calls, now);
    const states = new Map();
    for (const tile of this.model.doors.values()) states.set(tile.door, condition(tile, calls.get(tile.door), now));
    this.acting.draw({ model: this.model, now, current });
    this.drawn({ model: this.model, states, calls, now, current, acting: this.acting });
    if (current && this.begun) this.#tell(calls, now);
  }

  #tell(calls, now) {
    const found = attention(this.model, calls, now);
    this.teller.tell(found);
    const rings = (door) => sounding(calls.get(door), now, this.acting.me);
    const heard = ({ what, door }) => this.hears(what) && (what !== "ringing" || rings(door));
    this.hearing.sounds.hear(found.items.filter(heard));
    this.hearing.tick(now);
  }

  /** Whether such a thing may sound here. */
  hears(_what) {
    return true;
  }

  #warn(link, now) {
    if (link === "live") this.banner.hide();
    if (link !== "lost") return;
    const silence = this.stream.silence;
    this.away ??= now - silence * 1e6;
    const since = this.begun ? ` since ${clock(this.away, here)}` : "";
    const rest = this.begun ? "The doors are drawn as they were last known." : "Nothing has been received yet.";
    this.banner.show(`Not connected${since}. ${rest} Trying again.`, silence);
  }

  settle(verdict, words) {
    this.verdict = verdict;
    this.banner.show(words);
    this.draw();
  }

  ended(reason, signIn) {
    this.settle("ended", "Your session has ended. Sign in again.");
    const url = new URL(signIn, location.href);
    if (/^[a-z_]+$/.test(reason)) url.searchParams.set("reason", reason);
    url.searchParams.set("next", `${location.pathname}${location.search}`);
    setTimeout(() => location.replace(url), YIELD);
  }

  tick() {
    if (this.root.isConnected) this.attached.restart();
    else if (this.attached.seconds > DETACHED) this.stop();
    this.stream.watch();
    this.model.age(this.clock.now());
    this.draw();
    this.announcer.tick();
    this.hearing.tick(this.clock.now());
  }

  wake() {
    this.stream.watch();
    this.stream.hurry();
    this.draw();
  }

  stop() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.looked);
    CONTRAST.removeEventListener("change", this.themed);
    this.dressed.disconnect();
    for (const part of [this.hearing, this.acting, this.stream]) part.stop();
    this.root.remove();
  }
}
