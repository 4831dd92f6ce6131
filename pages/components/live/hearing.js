// The button for sounds, and what lies behind it.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { Sounds, Voice } from "./sounds.js";
import { clock, here } from "./times.js";

const MUTES = [5, 15, 60];

export class Hearing {
  #voice = new Voice();
  #keep;

  /** `keep(on)` remembers whether this person's wall may sound. */
  constructor(on, keep) {
    this.#keep = keep;
    this.sounds = new Sounds(this.#voice);
    this.sounds.on = on;
    this.root = element("div", "hearing");
    this.button = button("tool sound", "", () => this.#pressed());
    this.quiet = button("tool quieten", "Silence", () => this.silence());
    this.quiet.setAttribute("aria-keyshortcuts", "Q");
    this.quiet.title = "Silence (Q)";
    this.menu = element("div", "menu");
    this.menu.hidden = true;
    this.menu.append(...this.#choices());
    this.root.append(this.quiet, this.button, this.menu);
    // A browser plays nothing before somebody has touched the page.
    this.touch = () => this.sounds.on && this.#voice.wake();
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, this.touch, { capture: true, passive: true });
    this.away = (event) => event.composedPath().includes(this.root) || this.#open(false);
    addEventListener("pointerdown", this.away);
    this.root.addEventListener("keydown", (event) => this.#key(event));
    this.tick(0);
  }

  #choices() {
    const choice = (words, act) => button("choice", words, act);
    this.unmute = choice("Sound again now", () => this.#mute(0));
    return [
      ...MUTES.map((minutes) => choice(`Mute for ${minutes} minutes`, () => this.#mute(minutes))),
      this.unmute,
      choice("Hear a ring", () => this.#voice.play("ring")),
      choice("Hear an alarm", () => this.#voice.play("alarm")),
      choice("Turn sounds off", () => this.#turn(false)),
    ];
  }

  async #pressed() {
    if (this.sounds.on) {
      this.#open(this.menu.hidden);
      return;
    }
    await this.start();
  }

  /** Turn sounds on, in the press that asks for it, and let them be heard. */
  async start() {
    await this.#turn(true);
    this.#voice.play("ring");
  }

  async #turn(on) {
    this.sounds.on = on;
    this.#open(false);
    this.#keep(on);
    if (on) await this.#voice.wake();
    this.tick(this.now ?? 0);
  }

  #mute(minutes) {
    this.sounds.mute(minutes * 60);
    this.#open(false);
    this.button.focus();
    this.tick(this.now ?? 0);
  }

  #open(open) {
    this.menu.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }

  #key(event) {
    if (event.key !== "Escape" || this.menu.hidden) return;
    event.preventDefault();
    event.stopPropagation();
    this.#open(false);
    this.button.focus();
  }

  /** Be quiet about what sounds now; what is new sounds again. */
  silence() {
    this.sounds.silence();
    this.tick(this.now ?? 0);
  }

  /** Draw how it stands at `now` (server time), and sound what is due. */
  tick(now) {
    this.now = now;
    this.sounds.tick();
    const muted = this.sounds.muted;
    write(this.button, this.#words(muted, now));
    this.unmute.hidden = muted === 0;
    this.root.dataset.sound = !this.sounds.on ? "off" : muted > 0 ? "muted" : this.#voice.ready ? "on" : "asleep";
    if (this.sounds.on) this.button.setAttribute("aria-haspopup", "true");
    else this.button.removeAttribute("aria-haspopup");
    this.quiet.disabled = !(this.sounds.on && muted === 0 && this.sounds.calling);
  }

  #words(muted, now) {
    if (!this.sounds.on) return "Sound off";
    if (muted > 0) return `Muted until ${clock(now + muted * 1e6, here).slice(0, 5)}`;
    return this.#voice.ready ? "Sound on" : "Sound: press a key";
  }

  stop() {
    for (const kind of ["pointerdown", "keydown"]) removeEventListener(kind, this.touch, { capture: true });
    removeEventListener("pointerdown", this.away);
    this.#voice.close();
  }
}
