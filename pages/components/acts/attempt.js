// One act, from its reason to its verdict: what may follow what. No DOM.
//
// Nothing retries by itself, and a press while something is under way does nothing: a double press is one act.

import { worded } from "../gatehouse.live/rows.js";
import { clock, here } from "../gatehouse.live/times.js";
import { Refusal, begin, prove, provider, read, withdraw } from "./client.js";
import { begun, merged, settled } from "./flight.js";
import { sign } from "./passkey.js";

const FOLLOW_EVERY = 1000;
/** Milliseconds for which a door is followed after its verdict, to see it secure again. */
const FOLLOW_FOR = 90_000;
const NO_PROOF = "You have nothing that proves an act, so you can't approve this. Add a passkey on your own page.";
/** What is said where nothing was done, and where to look when that is not known: an export is at no door. */
const DOORS = { nothing: "Nothing was sent.", look: "Look at the door" };
const EXPORTS = { nothing: "Nothing was exported.", look: "Look at your exports" };

export class Attempt {
  #clock;
  #changed;
  #prompt = null;
  #timer = 0;
  #until = 0;
  #window = null;
  #sentAway = false;
  #hindered = "";

  /** `wish` is `{action, door, call}`, or `{second: act}` for an act of somebody else's. */
  constructor(wish, { clock, changed }) {
    this.wish = wish;
    this.#clock = clock;
    this.#changed = changed;
    this.words = wish.action === "export" ? EXPORTS : DOORS;
    this.step = wish.second ? "asking" : "reason";
    this.busy = false;
    this.error = null;
    this.flight = null;
    this.asked = null;
    this.prompting = false;
    this.proving = false;
    this.away = false;
    this.loose = false;
    this.stopped = false;
    if (wish.second) this.#take(() => this.#approve()).then(() => this.#first());
  }

  /** Seconds in which it can still be proved. */
  get left() {
    return Math.max(0, Math.ceil((this.asked.expires_at - this.#clock.now()) / 1e6));
  }

  /** Whether it can still be called off. */
  get open() {
    if (["reason", "asking", "proof"].includes(this.step)) return !this.proving;
    return this.step === "follow" && this.flight?.state === "awaiting_second" && !this.wish.second;
  }

  /** Ask for it with this reason; the strongest proof is asked for in the same press. */
  ask(reason, terms = {}) {
    if (this.step !== "reason" || this.busy) return;
    this.reason = reason;
    this.step = "asking";
    this.#take(async () => {
      const { action, door, call } = this.wish;
      const on = call ? { call: call.call } : {};
      this.#received(await begin({ action, target: { door }, reason, ...on, ...terms }));
    }).then(() => this.#first());
  }

  async #approve() {
    const { id, names } = this.wish.second;
    const told = await read(id);
    if (told.state !== "awaiting_second") throw new Refusal("This waits for nobody any more.");
    // Without one, showing none would use up what somebody else has proved.
    if (!told.proofs?.length) throw new Refusal(NO_PROOF);
    this.#received({ ...told, shown: names });
  }

  #received(asked) {
    // Called off while the server was asked.
    if (this.stopped || this.step !== "asking") {
      if (!this.wish.second) withdraw(asked.id).catch(() => {});
      return;
    }
    this.asked = asked;
    this.step = "proof";
    this.flight = { id: asked.id, state: "pending", since: this.#clock.now() };
    Object.assign(this.flight, { action: this.wish.action, final: false, good: false });
  }

  /** Go on with the strongest proof in the same press; what would be done to many doors is to be read first. */
  #first() {
    if (this.step !== "proof" || this.busy || this.asked.doors) return;
    if (this.asked.proofs.length === 0) this.#show({});
    else if (this.asked.proofs[0] === "passkey") this.passkey();
  }

  /** Have the passkey sign it. */
  passkey() {
    if (this.step !== "proof" || this.busy || this.prompting) return;
    this.error = null;
    const prompt = (this.#prompt = new AbortController());
    this.prompting = true;
    this.#changed();
    sign(this.asked.passkey, prompt.signal)
      .then((answer) => this.#signed(prompt, answer))
      .catch((error) => prompt === this.#prompt && this.#prompted(error));
  }

  #signed(prompt, answer) {
    if (prompt !== this.#prompt || answer === null) return;
    this.prompting = false;
    this.#show({ passkey: answer });
  }

  #prompted(error) {
    this.prompting = false;
    this.error = error;
    this.#changed();
  }

  /** Show a one-time code. */
  code(totp) {
    if (this.step === "proof" && !this.busy) this.#show({ totp });
  }

  /** Have the identity provider ask once more, in a window of its own; what comes of it, the server tells. */
  elsewhere() {
    if (this.step !== "proof" || this.busy) return;
    this.#unprompt();
    const opened = window.open(provider(this.asked.id), "gatehouse-proof", "popup,width=520,height=680");
    // What the provider shows there must not lead this screen elsewhere.
    if (opened) opened.opener = null;
    this.#window = opened;
    this.error = opened ? null : new Refusal("The browser opened no window. Allow windows for this address.");
    this.away = opened !== null;
    this.#sentAway ||= this.away;
    this.#follow();
    this.#changed();
  }

  #show(proof) {
    this.#unprompt();
    this.#shut();
    this.proving = true;
    this.#take(async () => this.#told(await prove(this.asked.id, proof)));
  }

  /** Do something that the server answers; one thing at a time. */
  async #take(work) {
    this.busy = true;
    this.error = null;
    this.#changed();
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#failed(error);
    } finally {
      this.busy = false;
      if (!this.stopped) this.#changed();
    }
  }

  get #unknown() {
    const look = this.words.look.toLowerCase();
    return `What became of it is not known yet: ${look} before you try again.`;
  }

  #failed(error) {
    if (this.step === "over") return;
    // A proof that nobody answered may have counted: the server will tell.
    if (this.proving && error.unanswered) {
      this.error = new Refusal(`${error.message} ${this.#unknown}`);
      this.step = "follow";
      this.#follow();
      return;
    }
    this.error = error;
    this.step = "over";
  }

  /** Take what the server or the stream says of it. */
  #told(told) {
    if (this.stopped) return;
    this.flight = merged(this.flight, told);
    if (this.flight.state === "pending" || this.#approving()) return this.#hinder(told.reason ?? "");
    // What was called off and came to nothing has been told already.
    if (this.step === "over" && this.flight.final && !this.flight.sent) return this.#end();
    if (begun(this.flight) || this.flight.state === "awaiting_second") this.step = "follow";
    if (this.step === "follow") this.error = null;
    this.#follow();
  }

  /** Whether this person has still to prove what somebody else has asked for. */
  #approving() {
    return this.wish.second && this.step === "proof" && this.flight.state === "awaiting_second";
  }

  /** Say what keeps it from being proved in that way; the others stay. */
  #hinder(reason) {
    if (this.step !== "proof" || reason === this.#hindered) return;
    this.#hindered = reason;
    if (!reason) return;
    this.away = false;
    const more = this.asked.proofs.length > 1 ? "Try again, or prove it in another way." : "Try again.";
    this.error = new Refusal(`Not proved at your organisation's sign-in: ${worded(reason).toLowerCase()}. ${more}`);
  }

  /** Take the acts of the stream; `news` asks the server at once, as something was told of this door. */
  hear(acts, news) {
    const mine = this.flight && acts.get(this.flight.id);
    if (mine && mine !== this.heard) {
      this.heard = mine;
      this.#told(mine);
    } else if (news && this.step === "follow" && !settled(this.flight)) this.#follow(0);
  }

  #follow(wait = FOLLOW_EVERY) {
    clearTimeout(this.#timer);
    if (this.stopped || this.#done()) return;
    this.#timer = setTimeout(() => this.#look(), wait);
  }

  #done() {
    if (!this.flight || !this.flight.final) return this.step === "over" && !this.loose;
    this.#until ||= performance.now() + FOLLOW_FOR;
    return settled(this.flight) || performance.now() > this.#until;
  }

  async #look() {
    try {
      this.#told(await read(this.flight.id));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!error.unanswered) this.error = error;
    }
    if (this.stopped) return;
    this.#changed();
    this.#follow();
  }

  /** Take it that it has run out, once it has. */
  expire() {
    // Of what was asked for at a provider, the server knows whether it came in time.
    if (this.step !== "proof" || this.busy || this.away || this.left > 0) return;
    this.#over(`Nobody proved it within a minute. ${this.words.nothing}`);
  }

  #over(words) {
    this.#unprompt();
    this.#shut();
    clearTimeout(this.#timer);
    this.step = "over";
    this.error = new Refusal(words);
    this.#changed();
  }

  /** Call it off for good, before anything was sent; over once it is known whether it was taken back. */
  disarm(words) {
    if (!this.open) return Promise.resolve();
    const { asked } = this;
    // Of another's act only what this person would have added is called off.
    const nothing = `${words} ${this.wish.second ? "You approved nothing." : this.words.nothing}`;
    this.loose = Boolean(asked) && (!this.wish.second || this.#sentAway);
    this.#over(this.loose ? `${words} Taking it back…` : nothing);
    if (!this.loose) return Promise.resolve();
    return this.#withdraw(asked, words, nothing);
  }

  async #withdraw({ id, expires_at: ends }, words, nothing) {
    try {
      // Who approves can't take back what somebody else has asked for.
      if (this.wish.second) throw new Refusal("");
      await withdraw(id);
      this.loose = false;
      this.taken = nothing;
      this.error = new Refusal(nothing);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const until = clock(this.flight.expires_at ?? ends, here);
      const how = this.#sentAway ? "it may still be proved in the other window" : "it may still be done";
      this.error = new Refusal(`${words} It could not be taken back: until ${until} ${how}. ${this.words.look}.`);
      this.#follow();
    }
    if (!this.stopped) this.#changed();
  }

  /** It was called off, could not be taken back, and has come to nothing. */
  #end() {
    if (this.loose) this.error = new Refusal(this.words.nothing);
    this.loose = false;
  }

  #shut() {
    this.#window?.close();
    this.#window = null;
  }

  /** Let go of the passkey's prompt, as when the screen has lost its connection. */
  pause() {
    if (!this.prompting) return;
    this.#unprompt();
    this.#changed();
  }

  #unprompt() {
    this.#prompt?.abort();
    this.#prompt = null;
    this.prompting = false;
  }

  /** Let it be; what nobody has proved is taken back. */
  stop() {
    if (this.open && this.asked && !this.wish.second) withdraw(this.asked.id).catch(() => {});
    this.#shut();
    this.stopped = true;
    this.#unprompt();
    clearTimeout(this.#timer);
  }
}
