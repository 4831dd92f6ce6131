// The live wall: draws doors and events from the log's stream, and says how sure it is of them.

import { Banner, Bar } from "./bar.js";
import { openCalls } from "./conditions.js";
import { Announcer, Feed } from "./feed.js";
import { Model } from "./model.js";
import { element } from "./signs.js";
import { SILENT_AFTER, Stream } from "./stream.js";
import { Strip } from "./strip.js";
import { Tiles } from "./tiles.js";
import { ServerClock, Stopwatch, clock, here } from "./times.js";

const TICK = 500;
// A socket that comes straight back is no loss worth an alarm.
const GRACE = 1.5;
const DETACHED = 10;
// Streamlit's own redirect comes with the end of a session and goes first: two that meet end the tab (a
// segmentation fault in Chromium 156, one time in ten).
const YIELD = 300;

class Wall {
  constructor(parent, data) {
    this.model = new Model();
    this.clock = new ServerClock();
    this.tiles = new Tiles((door) => this.choose(door));
    this.strip = new Strip((door) => this.tiles.reveal(door));
    this.feed = new Feed((door) => this.choose(door));
    this.announcer = new Announcer();
    this.banner = new Banner();
    this.bar = new Bar(this.strip.counts);
    this.root = element("div", "wall");
    this.build(parent);
    this.verdict = null;
    this.away = null;
    this.down = new Stopwatch();
    this.attached = new Stopwatch();
    this.stream = new Stream(data.stream, {
      frame: (frame) => this.take(frame),
      ended: (reason) => this.ended(reason, data.sign_in),
      refused: () => this.settle("refused", "You have no site to watch. An administrator can give you one."),
    });
    this.timer = setInterval(() => this.tick(), TICK);
    this.looked = () => document.visibilityState === "visible" && this.wake();
    document.addEventListener("visibilitychange", this.looked);
    this.tick();
  }

  build(parent) {
    const doors = element("div", "doors");
    this.empty = element("p", "empty", "Your sites have no doors yet. They appear here once the estate names them.");
    doors.append(this.strip.root, this.tiles.root, this.empty);
    doors.tabIndex = -1;
    this.empty.hidden = true;
    const body = element("div", "body");
    body.append(doors, this.feed.root);
    this.root.append(this.bar.root, this.banner.root, body, this.announcer.root);
    parent.append(this.root);
  }

  theme() {
    const ground = getComputedStyle(this.root).getPropertyValue("--st-background-color").trim();
    const [red, green, blue] = (ground.match(/[0-9a-f]{2}/gi) ?? ["ff", "ff", "ff"]).map((part) => parseInt(part, 16));
    this.root.dataset.theme = red * 0.3 + green * 0.6 + blue * 0.1 < 128 ? "dark" : "light";
  }

  take(frame) {
    if (frame.now) this.clock.set(frame.now);
    if (frame.type === "beat") this.model.beat(frame);
    else if (frame.type === "snapshot") this.snapshot(frame);
    else this.records(frame);
    this.draw();
  }

  snapshot(frame) {
    const back = this.away;
    this.away = null;
    const fresh = this.model.snapshot(frame);
    const now = this.clock.now();
    this.tiles.arrange(this.model);
    this.empty.hidden = this.model.doors.size > 0;
    if (frame.reset || !this.begun) this.feed.reset(fresh, this.model, now);
    else {
      if (back !== null) this.feed.mark(back, now, here);
      this.feed.add(fresh, this.model, now);
    }
    this.begun = true;
    this.announcer.add(fresh, this.model);
  }

  records(frame) {
    const doors = this.model.doors.size;
    const fresh = this.model.records(frame);
    if (this.model.doors.size !== doors) this.tiles.arrange(this.model);
    this.feed.add(fresh, this.model, this.clock.now());
    this.announcer.add(fresh, this.model);
  }

  choose(door) {
    this.tiles.press(door);
    this.feed.onlyDoor(door, this.model.doors.get(door)?.name ?? "");
  }

  /** How far what is drawn may be believed. */
  get link() {
    if (this.verdict) return this.verdict;
    if (this.stream.live) return "live";
    if (!this.begun) return this.down.seconds > SILENT_AFTER ? "lost" : "connecting";
    const brief = this.down.seconds <= GRACE && this.stream.silence <= SILENT_AFTER;
    return brief ? "again" : "lost";
  }

  draw() {
    const link = this.link;
    if (link === "live") this.down.restart();
    const now = this.clock.now();
    const current = link === "live" || link === "again";
    if (this.root.dataset.link !== link) this.root.dataset.link = link;
    this.bar.draw(link, this.stream.silence, this.model.head, now);
    this.warn(link, now);
    const calls = openCalls(this.model.calls, now);
    const states = this.tiles.draw(this.model, calls, now, current);
    this.strip.draw(this.model, states, calls, now, current);
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
    url.searchParams.set("next", location.pathname);
    setTimeout(() => location.replace(url), YIELD);
  }

  tick() {
    if (this.root.isConnected) this.attached.restart();
    else if (this.attached.seconds > DETACHED) this.stop();
    this.stream.watch();
    this.draw();
    this.feed.tick();
    this.announcer.tick();
  }

  wake() {
    this.stream.watch();
    this.stream.hurry();
    this.draw();
  }

  stop() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.looked);
    this.stream.stop();
    this.root.remove();
  }
}

const walls = new WeakMap();
let calls = 0;

/** Called by Streamlit at each run that changes data or theme: the wall that stands goes on. */
export default function wall({ parentElement, data }) {
  const standing = walls.get(parentElement);
  const entry = standing ?? { wall: new Wall(parentElement, data) };
  entry.call = calls += 1;
  walls.set(parentElement, entry);
  entry.wall.theme();
  const mine = entry.call;
  return () => {
    // Streamlit may clean up after an older call while a newer one stands.
    if (entry.call !== mine) return;
    walls.delete(parentElement);
    entry.wall.stop();
  };
}
