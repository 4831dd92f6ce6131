// The live wall: draws doors and events from the log's stream, and says how sure it is of them.

import { element } from "../gatehouse.shared/dom.js";
import { dark, standing } from "../gatehouse.shared/standing.js";
import { Teller, attention } from "../gatehouse.live/attention.js";
import { Banner, Bar } from "../gatehouse.live/bar.js";
import { condition, openCalls } from "../gatehouse.live/conditions.js";
import { Announcer } from "../gatehouse.live/announcer.js";
import { Feed } from "./feed.js";
import { Hearing } from "../gatehouse.live/hearing.js";
import { Keys } from "../gatehouse.live/keys.js";
import { Model } from "../gatehouse.live/model.js";
import { Opened } from "./opened.js";
import { Preferences } from "./preferences.js";
import { speak } from "../gatehouse.live/rows.js";
import { Screen } from "./screen.js";
import { step } from "./arrange.js";
import { SILENT_AFTER, Stream } from "../gatehouse.live/stream.js";
import { Strip, needs } from "./strip.js";
import { Tiles } from "./tiles.js";
import { ServerClock, Stopwatch, clock, here } from "../gatehouse.live/times.js";
import { Toolbar } from "./toolbar.js";
import { View } from "./view.js";

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

class Wall {
  constructor(parent, data) {
    this.model = new Model();
    this.model.choose(data.sites ?? []);
    speak(data.reasons ?? {});
    this.clock = new ServerClock();
    this.preferences = new Preferences(data.preferences, () =>
      this.announcer.say("The server did not keep this choice: it holds for this screen only."),
    );
    this.view = new View(this.preferences.size, (names) => this.viewed(names));
    this.announcer = new Announcer();
    this.root = element("div", "screen wall");
    this.build(parent, data);
    this.teller = new Teller();
    this.verdict = null;
    this.away = null;
    this.down = new Stopwatch();
    this.attached = new Stopwatch();
    this.drawn = 0;
    this.cost = 0;
    this.stream = new Stream(data.stream, {
      frame: (frame) => this.take(frame),
      ended: (reason) => this.ended(reason, data.sign_in),
      refused: () => this.settle("refused", "You have no site to watch. An administrator can give you one."),
    });
    this.listen();
    this.timer = setInterval(() => this.tick(), TICK);
    this.draw();
  }

  build(parent, data) {
    this.tiles = new Tiles((door) => this.toggle(door));
    this.strip = new Strip((card) => this.reveal(card), () => this.view.set({ abnormal: true }));
    this.feed = new Feed((door) => this.view.set({ door }));
    this.toolbar = new Toolbar(this.view, (size) => this.resize(size));
    this.banner = new Banner();
    this.hearing = new Hearing(this.preferences.sound, (on) => this.preferences.sounds(on));
    this.screen = new Screen(this.root);
    this.bar = new Bar(this.banner.root, this.hearing.root, this.screen.button);
    this.opened = new Opened(this, data.readable ?? []);
    this.doors = element("div", "doors");
    this.empty = element("p", "empty");
    this.empty.hidden = true;
    this.doors.append(this.tiles.root, this.tiles.named, this.empty);
    this.doors.tabIndex = -1;
    const side = element("div", "side");
    side.append(this.opened.panel.root, this.feed.root);
    const left = element("div", "left");
    left.append(this.toolbar.root, this.doors);
    const body = element("div", "body");
    body.append(left, side);
    this.root.append(this.bar.root, this.strip.root, body, this.announcer.root);
    parent.append(this.root);
    this.toolbar.choices();
  }

  listen() {
    this.looked = () => {
      this.due = null;
      if (document.visibilityState === "visible") this.wake();
    };
    document.addEventListener("visibilitychange", this.looked);
    this.back = () => this.view.reread();
    addEventListener("popstate", this.back);
    this.measured = new ResizeObserver(() => this.measure());
    for (const node of [this.doors, this.strip.root]) this.measured.observe(node);
    this.themed = () => this.theme();
    CONTRAST.addEventListener("change", this.themed);
    this.dressed = new MutationObserver(this.themed);
    this.dressed.observe(document.documentElement, { attributeFilter: [CONTRAST_CHOSEN, "data-gatehouse-theme"] });
    this.keys = new Keys({
      f: () => this.screen.toggle(),
      a: () => this.view.set({ abnormal: !this.view.abnormal }),
      q: () => this.hearing.silence(),
      p: () => this.view.door !== null && this.pin(this.view.door),
      "+": () => this.resize(step(this.tiles.size, 1)),
      "-": () => this.resize(step(this.tiles.size, -1)),
      Escape: () => this.view.door !== null && this.opened.close(),
    });
  }

  measure() {
    this.tiles.measure(this.doors.clientWidth, this.doors.clientHeight);
    this.strip.measure(this.strip.root.clientWidth);
    this.opened.measure(this.root.clientWidth);
    this.draw();
  }

  theme() {
    this.root.dataset.theme = dark(this.root) ? "dark" : "light";
    const more = CONTRAST.matches || document.documentElement.hasAttribute(CONTRAST_CHOSEN);
    this.root.dataset.contrast = more ? "more" : "normal";
  }

  // --- what the person wants to see --------------------------------------------------------------------------

  /** Take what a run of the page says: the sites chosen in the header. */
  update(data) {
    this.theme();
    if (this.model.choose(data.sites ?? [])) {
      const tile = this.model.doors.get(this.view.door);
      if (tile && !this.model.shows(tile.site)) this.view.set({ door: null });
      this.stream.restart();
      this.anew = true;
    }
    this.view.keep();
    this.draw();
  }

  viewed(names) {
    this.toolbar.choices();
    if (names.includes("door")) this.opened.follow();
    this.anew = true;
    this.draw();
  }

  toggle(door) {
    this.view.set({ door: this.view.door === door ? null : door });
  }

  reveal(card) {
    if ((card.doors?.length ?? 1) > 1) this.view.set({ states: new Set(["unknown"]) });
    else {
      this.view.set({ door: card.door });
      this.tiles.reveal(card.door);
    }
  }

  resize(size) {
    this.view.set({ size });
    this.preferences.like(size);
  }

  pin(door) {
    if (!this.preferences.pin(door)) this.announcer.say("No more doors can be pinned.");
    this.anew = true;
    this.draw();
  }

  // --- what the stream tells ---------------------------------------------------------------------------------

  take(frame) {
    if (frame.now) this.clock.set(frame.now);
    if (frame.type === "beat") this.model.beat(frame);
    else if (frame.type === "snapshot") this.snapshot(frame);
    else this.records(frame);
    this.schedule();
  }

  snapshot(frame) {
    const back = this.away;
    this.away = null;
    const fresh = this.model.snapshot(frame);
    const now = this.clock.now();
    if (frame.reset || !this.begun) this.feed.reset(fresh, this.model, now);
    else {
      if (back !== null) this.feed.mark(back, now, here);
      this.feed.add(fresh, this.model, now);
    }
    this.begun = true;
    this.announcer.add(fresh, this.model);
    this.opened.follow(true);
    this.anew = true;
  }

  records(frame) {
    const fresh = this.model.records(frame);
    this.feed.add(fresh, this.model, this.clock.now());
    this.announcer.add(fresh, this.model);
    this.opened.add(fresh, this.clock.now());
    // A line costs little and waits for nothing; the doors, their sums and what ages are drawn together.
    this.feed.draw(this.model);
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
    const pause = Math.max(0, pace - (performance.now() - this.drawn));
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
    this.drawAll();
    this.cost = performance.now() - began;
  }

  drawAll() {
    this.due = null;
    this.drawn = performance.now();
    const link = this.link;
    if (link === "live") this.down.restart();
    const now = this.clock.now();
    const current = link === "live" || link === "again";
    if (this.root.dataset.link !== link) this.root.dataset.link = link;
    this.bar.draw(link, this.stream.silence, this.model.head, now);
    this.warn(link, now);
    const calls = openCalls(this.model.calls, now);
    const states = new Map();
    for (const tile of this.model.doors.values()) states.set(tile.door, condition(tile, calls.get(tile.door), now));
    this.drawDoors({ model: this.model, states, calls, view: this.view, pins: this.preferences.pins, now, current });
    this.feed.draw(this.model);
    if (current && this.begun) this.tell(calls, now);
  }

  drawDoors(shown) {
    const { model, states, calls, now, current } = shown;
    this.tiles.draw({ ...shown, anew: this.anew });
    this.anew = false;
    this.fill();
    const cards = needs(model, states, calls);
    const here = cards.filter((card) => model.shows(card.site));
    this.strip.draw(here, cards.length - here.length, { now, current, fresh: this.seen === true });
    this.seen = this.begun;
    const counted = [...states].filter(([door]) => model.shows(model.doors.get(door).site));
    this.toolbar.draw(counted.map(([, state]) => state), current);
    this.opened.draw(shown);
  }

  /** Say why there are no doors, where there are none. */
  fill() {
    this.empty.hidden = !this.begun || this.tiles.count > 0;
    if (this.empty.hidden) return;
    const words = this.view.narrowed
      ? "No door is like this now. Press “Show all doors” to see the others."
      : "Your sites have no doors yet. They appear here once the estate names them.";
    if (this.empty.textContent !== words) this.empty.textContent = words;
  }

  tell(calls, now) {
    const found = attention(this.model, calls, now);
    this.teller.tell(found);
    this.hearing.sounds.hear(found.items);
    this.hearing.tick(now);
  }

  warn(link, now) {
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
    if (this.root.isConnected) this.view.keep();
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
    removeEventListener("popstate", this.back);
    CONTRAST.removeEventListener("change", this.themed);
    for (const watch of [this.measured, this.dressed]) watch.disconnect();
    for (const part of [this.keys, this.screen, this.hearing, this.opened, this.stream]) part.stop();
    this.root.remove();
  }
}

export default standing((parent, data) => new Wall(parent, data));
