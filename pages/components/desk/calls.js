// Which calls a desk shows, in which order, and which of them stands in the middle. Pure, but for who chooses.

import { rangAt } from "../gatehouse.live/conditions.js";
import { callKey } from "../gatehouse.live/model.js";

const RANK = { ringing: 0, answered: 1 };
const taken = (call, me) => (call.claimed ? (call.claimed.by === me ? 1 : 2) : 0);

/** The calls of a desk, without those that this person has `declined`: ringing first, those that nobody has before those of others, then whoever waits longest. */
export function queue(model, now, { me, handles, declined }) {
  const mine = (call) => handles(call.site) && model.shows(call.site);
  const hidden = (call) => declined.has(callKey(call)) || (call.declined ?? []).includes(me);
  const open = [...model.calls.values()].filter((call) => model.open(call, now) && mine(call) && !hidden(call));
  const order = (a, b) =>
    (RANK[a.state] ?? 2) - (RANK[b.state] ?? 2) ||
    Number(taken(a, me) === 2) - Number(taken(b, me) === 2) ||
    rangAt(a) - rangAt(b) ||
    (callKey(a) < callKey(b) ? -1 : 1);
  return open.sort(order);
}

/** Milliseconds for which nothing may be pressed after another door came to the middle by itself. */
const ARMS = 800;
/** Milliseconds for which a call that has ended stays before the next one that rings takes its place. */
const STAYS = 5_000;

/** What stands in the middle: a call, a door without a call, or nothing. It never changes under a hand. */
export class Chosen {
  call = null;
  door = null;
  #since = 0;
  #ended = 0;

  /** Whether what stands here has stood for long enough to be pressed. */
  get armed() {
    return performance.now() - this.#since > ARMS;
  }

  get key() {
    return this.call ? callKey(this.call) : null;
  }

  /** Take a call; `byHand` where somebody pressed it. */
  take(call, byHand) {
    this.call = call;
    this.door = call.door;
    this.#ended = 0;
    this.#since = byHand ? -ARMS : performance.now();
  }

  /** Show a door for its own sake. */
  show(door) {
    this.call = null;
    this.door = door;
    this.#ended = 0;
    this.#since = -ARMS;
  }

  clear() {
    this.call = null;
    this.door = null;
  }

  /** Follow what the stream tells; `free` where nobody is in the middle of an act. */
  follow(model, calls, free) {
    if (this.door !== null && !model.doors.has(this.door) && free) this.clear();
    if (this.call) this.#follow(model, calls, free);
    if (this.door === null && calls.length > 0 && calls[0].state === "ringing") this.take(calls[0], false);
  }

  #follow(model, calls, free) {
    const now = model.calls.get(this.key);
    // Declined here, or by this person at another desk.
    if (now && free && !calls.some((one) => callKey(one) === this.key)) {
      this.clear();
      return;
    }
    if (now) {
      this.call = now;
      this.#ended = 0;
      return;
    }
    this.#ended ||= performance.now();
    const next = calls.find((one) => one.state === "ringing");
    if (free && next && performance.now() - this.#ended > STAYS) this.take(next, false);
  }

  /** Whether the call that stands here is over. */
  get ended() {
    return this.call !== null && this.#ended > 0;
  }
}
