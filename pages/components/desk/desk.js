// The desk: who rings, at which door, who has the call, and one large way to let somebody in.

import { element } from "../gatehouse.shared/dom.js";
import { standing } from "../gatehouse.shared/standing.js";
import { Refusal, handle } from "../gatehouse.acts/client.js";
import { Bar } from "../gatehouse.live/bar.js";
import { sounding } from "../gatehouse.live/conditions.js";
import { Keys } from "../gatehouse.live/keys.js";
import { callKey } from "../gatehouse.live/model.js";
import { speak } from "../gatehouse.live/rows.js";
import { here } from "../gatehouse.live/times.js";
import { Watcher } from "../gatehouse.live/watcher.js";
import { Chosen, queue } from "./calls.js";
import { Centre } from "./centre.js";
import { Favourites, MOST } from "./favourites.js";
import { Queue } from "./queue.js";
import { Records } from "./records.js";
import { Shift } from "./shift.js";
import { Today } from "./today.js";

/** Milliseconds for which what went wrong stays written. */
const TOLD_FOR = 8_000;

class Desk extends Watcher {
  constructor(parent, data) {
    super("desk", data);
    speak(data.words ?? {});
    this.chosen = new Chosen();
    this.calls = [];
    this.declined = new Set();
    this.doing = false;
    this.words = "";
    this.start(parent, data);
  }

  build(_parent, data) {
    this.shift = new Shift((call) => this.choose(call));
    this.hearing = this.shift.hearing;
    this.bar = new Bar(this.banner.root, this.shift.root);
    this.queue = new Queue(
      (call) => this.choose(call),
      (door) => this.show(door),
    );
    this.centre = new Centre({
      unlock: () => this.unlock(),
      claim: () => this.claim(true),
      release: () => this.handle("release"),
      decline: () => this.handle("decline"),
      stay: () => this.show(this.chosen.door),
    });
    const failed = () => this.tell("The server did not keep your favourites: they hold for this screen only.");
    this.favourites = new Favourites(data.preferences?.favourites, (door) => this.show(door), failed);
    this.today = new Today(
      data.calls ?? "/desk/calls",
      (door) => this.show(door),
      () => this.draw(),
    );
    this.records = new Records(this.clock);
    const side = element("div", "aside", this.favourites.root, this.records.root, this.today.root);
    const middle = element("div", "middle", this.centre.root, this.centre.actions);
    const body = element("div", "desk-body", this.queue.root, middle, side);
    this.root.append(this.bar.root, body, this.favourites.picker.root);
  }

  listen() {
    super.listen();
    const numbers = Array.from({ length: MOST }, (_, at) => [String(at + 1), () => this.favourites.press(at + 1)]);
    this.keys = new Keys({
      ...Object.fromEntries(numbers),
      ArrowDown: () => this.walk(1),
      ArrowUp: () => this.walk(-1),
      c: () => this.claim(false),
      r: () => this.handle("release"),
      x: () => this.handle("decline"),
      u: () => this.unlock(),
      q: () => this.hearing.silence(),
    });
  }

  update(data) {
    this.theme();
    this.acting.update(data);
    if (this.model.choose(data.sites ?? [])) this.stream.restart();
    this.draw();
  }

  // --- what the person does ----------------------------------------------------------------------------------

  choose(call) {
    this.chosen.take(call, true);
    this.words = "";
    this.draw();
    this.queue.reveal(callKey(call));
    this.centre.root.scrollIntoView({ block: "nearest" });
  }

  show(door) {
    if (!this.model.doors.has(door)) return;
    this.chosen.show(door);
    this.words = "";
    this.draw();
    this.centre.root.scrollIntoView({ block: "nearest" });
  }

  walk(by) {
    if (this.calls.length === 0) return false;
    const at = this.calls.findIndex((one) => callKey(one) === this.chosen.key);
    this.choose(this.calls[Math.min(this.calls.length - 1, Math.max(0, at < 0 ? 0 : at + by))]);
    return true;
  }

  unlock() {
    const { call, door, armed } = this.chosen;
    if (door === null || !armed) return false;
    return this.acting.begin("unlock", door, call);
  }

  /** Claim the call here; where none is, the one that rings longest. Only the button takes one from somebody. */
  claim(byHand) {
    const { chosen } = this;
    if (!chosen.call || chosen.ended) {
      const first = this.calls.find((one) => one.state === "ringing" && !one.claimed);
      if (!first) return false;
      this.choose(first);
    }
    const { claimed } = chosen.call;
    if (claimed?.by === this.acting.me) return false;
    if (claimed && !byHand) {
      this.tell(`${claimed.name} has this call. “Take over” takes it from them.`);
      return true;
    }
    return this.handle("claim", claimed ? { take_over: true } : {});
  }

  /** Do something about the call here; the stream tells every screen what came of it. */
  handle(verb, more = {}) {
    const { call, ended } = this.chosen;
    if (!call || ended || this.doing || !this.current) return false;
    if (verb === "release" && call.claimed?.by !== this.acting.me) return false;
    this.#handle(verb, call, more);
    return true;
  }

  async #handle(verb, call, more) {
    this.doing = true;
    this.words = "";
    this.draw();
    try {
      await handle(verb, call, more);
      if (verb === "decline") this.declined.add(callKey(call));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.tell(error.signIn ? `${error.message} Sign in again.` : error.message);
    } finally {
      this.doing = false;
      this.draw();
    }
  }

  /** Say what went wrong, where it is looked for. */
  tell(words) {
    this.words = words;
    clearTimeout(this.wordsTimer);
    this.wordsTimer = setTimeout(() => {
      this.words = "";
      this.draw();
    }, TOLD_FOR);
    this.draw();
  }

  // --- what the stream tells ---------------------------------------------------------------------------------

  arrived(_fresh, _first, back) {
    if (back !== null) this.queue.mark(back, this.clock.now(), here);
    this.today.hurry();
    this.records.follow(this.chosen.door, this.model, true);
  }

  told(fresh) {
    const { moves } = this.model;
    // Who is let in has been answered, and no record of that comes here: the acts do.
    if (moves !== this.moves || fresh.some((one) => one.kind.startsWith("call."))) this.today.hurry();
    this.moves = moves;
    this.records.add(fresh, this.model);
  }

  /** Who sits here minds calls; alarms of doors sound at the wall. */
  hears(what) {
    return what === "ringing";
  }

  // --- drawing -----------------------------------------------------------------------------------------------

  drawn(known) {
    const { model, now, current } = known;
    this.current = current;
    const { me } = this.acting;
    for (const key of this.declined) if (!model.calls.has(key)) this.declined.delete(key);
    const handles = (site) => this.acting.may(site, "call");
    this.calls = queue(model, now, { me, handles, declined: this.declined });
    const free = !this.acting.dialog.open;
    this.chosen.follow(model, this.calls, free);
    const { chosen, doing, words } = this;
    const shown = { ...known, me, key: chosen.key, chosen, doing, told: words };
    this.queue.draw(this.calls, shown);
    this.queue.miss(this.today.calls, shown);
    this.centre.draw(shown);
    this.favourites.draw(shown);
    this.today.draw(shown);
    this.records.follow(chosen.door, model);
    if (!current || !this.begun) return;
    const ringing = this.calls.filter((call) => sounding(call, now, me));
    this.shift.notify(ringing.map((call) => ({ key: callKey(call), call })), model);
  }

  stop() {
    clearTimeout(this.wordsTimer);
    for (const part of [this.keys, this.today, this.records]) part.stop();
    super.stop();
  }
}

export default standing((parent, data) => new Desk(parent, data));
