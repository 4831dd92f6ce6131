// The live wall: draws doors and events from the log's stream, and says how sure it is of them.

import { element } from "../gatehouse.shared/dom.js";
import { standing } from "../gatehouse.shared/standing.js";
import { Bar } from "../gatehouse.live/bar.js";
import { Hearing } from "../gatehouse.live/hearing.js";
import { Keys } from "../gatehouse.live/keys.js";
import { speak } from "../gatehouse.live/rows.js";
import { here } from "../gatehouse.live/times.js";
import { Watcher } from "../gatehouse.live/watcher.js";
import { step } from "./arrange.js";
import { Feed } from "./feed.js";
import { Opened } from "./opened.js";
import { Preferences } from "./preferences.js";
import { Screen } from "./screen.js";
import { Strip, needs } from "./strip.js";
import { Tiles } from "./tiles.js";
import { Toolbar } from "./toolbar.js";
import { View } from "./view.js";

class Wall extends Watcher {
  constructor(parent, data) {
    super("wall", data);
    speak(data.reasons ?? {});
    this.preferences = new Preferences(data.preferences, () =>
      this.announcer.say("The server did not keep this choice: it holds for this screen only."),
    );
    this.view = new View(this.preferences.size, (names) => this.viewed(names));
    this.start(parent, data);
  }

  build(_parent, data) {
    this.tiles = new Tiles((door) => this.toggle(door));
    this.strip = new Strip((card) => this.reveal(card), () => this.view.set({ abnormal: true }));
    this.feed = new Feed((door) => this.view.set({ door }));
    this.toolbar = new Toolbar(this.view, (size) => this.resize(size));
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
    this.root.append(this.bar.root, this.strip.root, body);
    this.toolbar.choices();
  }

  listen() {
    super.listen();
    this.back = () => this.view.reread();
    addEventListener("popstate", this.back);
    this.measured = new ResizeObserver(() => this.measure());
    for (const node of [this.doors, this.strip.root]) this.measured.observe(node);
    this.keys = new Keys({
      f: () => this.screen.toggle(),
      a: () => this.view.set({ abnormal: !this.view.abnormal }),
      q: () => this.hearing.silence(),
      p: () => this.view.door !== null && this.pin(this.view.door),
      "+": () => this.resize(step(this.tiles.size, 1)),
      "-": () => this.resize(step(this.tiles.size, -1)),
      u: () => this.view.door !== null && this.acting.begin("unlock", this.view.door),
      Escape: () => this.view.door !== null && this.opened.close(),
    });
  }

  measure() {
    this.tiles.measure(this.doors.clientWidth, this.doors.clientHeight);
    this.strip.measure(this.strip.root.clientWidth);
    this.opened.measure(this.root.clientWidth);
    this.draw();
  }

  // --- what the person wants to see --------------------------------------------------------------------------

  update(data) {
    this.theme();
    this.acting.update(data);
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

  arrived(fresh, first, back) {
    const now = this.clock.now();
    if (first) this.feed.reset(fresh, this.model, now);
    else {
      if (back !== null) this.feed.mark(back, now, here);
      this.feed.add(fresh, this.model, now);
    }
    this.opened.follow(true);
    this.anew = true;
  }

  told(fresh) {
    this.feed.add(fresh, this.model, this.clock.now());
    this.opened.add(fresh, this.clock.now());
    // A line costs little and waits for nothing; the doors, their sums and what ages are drawn together.
    this.feed.draw(this.model);
  }

  // --- drawing -----------------------------------------------------------------------------------------------

  drawn(known) {
    const shown = { ...known, view: this.view, pins: this.preferences.pins };
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
    this.feed.draw(model);
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

  tick() {
    super.tick();
    if (this.root.isConnected) this.view.keep();
  }

  stop() {
    removeEventListener("popstate", this.back);
    this.measured.disconnect();
    for (const part of [this.keys, this.screen, this.opened]) part.stop();
    super.stop();
  }
}

export default standing((parent, data) => new Wall(parent, data));
