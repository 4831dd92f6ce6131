// What the wall can be heard by: a bell while somebody rings, pulses for an alarm. Made here, from no file.

import { Stopwatch } from "./times.js";

const LOUD = 0.35;
/** Hertz, start and length in seconds. */
const TUNES = {
  ring: { shape: "sine", notes: [[784, 0, 0.9], [622, 0.45, 1.3]] },
  alarm: { shape: "triangle", notes: [0, 0.28, 0.56].flatMap((at) => [[988, at, 0.11], [740, at + 0.12, 0.11]]) },
};
const RING_EVERY = 4;
const ALARM_EVERY = 6;
/** After its first minute an alarm that nobody has silenced is only called to mind. */
const FRESH = 60;
const REMIND_EVERY = 60;

/** The voice: an audio context that starts with the first press, as browsers demand. */
export class Voice {
  #context = null;

  get ready() {
    return this.#context?.state === "running";
  }

  /** Called in a press or a key; without one a browser stays silent. */
  async wake() {
    if (!("AudioContext" in window)) return;
    this.#context ??= new AudioContext();
    if (!this.ready) await this.#context.resume();
  }

  play(name) {
    if (!this.ready) return;
    const { shape, notes } = TUNES[name];
    const begin = this.#context.currentTime + 0.02;
    for (const [hertz, at, length] of notes) this.#note(shape, hertz, begin + at, length);
  }

  #note(shape, hertz, at, length) {
    const tone = new OscillatorNode(this.#context, { type: shape, frequency: hertz });
    const volume = new GainNode(this.#context, { gain: 0 });
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(LOUD, at + 0.015);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + length);
    tone.connect(volume).connect(this.#context.destination);
    tone.start(at);
    tone.stop(at + length + 0.05);
  }

  close() {
    this.#context?.close();
    this.#context = null;
  }
}

/** Decides what sounds now. What is silenced stays so until something new happens; a mute always ends. */
export class Sounds {
  #known = new Map();
  #silenced = new Set();
  #last = { ring: null, alarm: null };
  #mute = null;

  constructor(voice) {
    this.voice = voice;
    this.on = false;
  }

  /** Seconds until the mute ends, 0 where there is none. */
  get muted() {
    if (!this.#mute) return 0;
    const left = this.#mute.seconds - this.#mute.watch.seconds;
    if (left <= 0) this.#mute = null;
    return Math.max(0, left);
  }

  mute(seconds) {
    this.#mute = seconds > 0 ? { seconds, watch: new Stopwatch() } : null;
  }

  /** Whether something would sound that nobody has silenced. */
  get calling() {
    return [...this.#known.keys()].some((key) => !this.#silenced.has(key));
  }

  /** Be quiet about what sounds now. */
  silence() {
    for (const key of this.#known.keys()) this.#silenced.add(key);
  }

  /** `items` are calls and alarms as they stand now; one that comes again is new. */
  hear(items) {
    const keys = new Map(
      items
        .filter(({ what }) => what === "ringing" || what === "forced" || what === "held")
        .map((one) => [`${one.what} ${one.door} ${one.since}`, one.what === "ringing" ? "ring" : "alarm"]),
    );
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
    for (const key of this.#silenced) if (!keys.has(key)) this.#silenced.delete(key);
    for (const [key, name] of keys) {
      if (this.#known.has(key)) continue;
      this.#known.set(key, { name, watch: new Stopwatch() });
      this.#last[name] = null;
    }
  }

  /** Called by the wall's one timer and after each drawing. */
  tick() {
    if (!this.on || this.muted > 0 || !this.voice.ready) return;
    for (const name of ["alarm", "ring"]) this.#sound(name);
  }

  #sound(name) {
    const due = [...this.#known].filter(([key, one]) => one.name === name && !this.#silenced.has(key));
    if (due.length === 0) return;
    const fresh = due.some(([, one]) => one.watch.seconds < FRESH);
    const pause = name === "ring" ? RING_EVERY : fresh ? ALARM_EVERY : REMIND_EVERY;
    if (this.#last[name] && this.#last[name].seconds < pause) return;
    this.#last[name] = new Stopwatch();
    this.voice.play(name);
  }
}
