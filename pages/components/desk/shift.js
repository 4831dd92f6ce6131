// A shift at the desk: from its start the page may sound, and tell of rings where another window is in front.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { Hearing } from "../gatehouse.live/hearing.js";

const KEPT = "gatehouse.shift";

/** Notify; gives nothing where the browser lets no page do so by itself, as on phones: title and sound remain. */
function noted(title, more) {
  try {
    return new Notification(title, more);
  } catch {
    return null;
  }
}

export class Shift {
  #told = new Set();

  /** `shown(door)` is called when somebody comes here by a notification. */
  constructor(shown) {
    this.shown = shown;
    this.on = sessionStorage.getItem(KEPT) === "on";
    this.hearing = new Hearing(this.on, (on) => this.#keep(on));
    this.button = button("act-button act-main shift", "Start shift", () => this.#press());
    this.root = element("div", "shift-box", this.button, this.hearing.root);
    this.#draw();
  }

  #keep(on) {
    this.on = on;
    if (on) sessionStorage.setItem(KEPT, "on");
    else sessionStorage.removeItem(KEPT);
    this.#draw();
  }

  #press() {
    this.hearing.start();
    if ("Notification" in window && Notification.permission === "default") Notification.requestPermission();
  }

  #draw() {
    this.button.hidden = this.on;
    this.hearing.root.hidden = !this.on;
    write(this.button, "Start shift");
    this.button.title = "Turns the sound of rings on, and notifications if you allow them";
  }

  /** Tell of calls that ring now, each once; who looks at the page sees them. */
  notify(calls, model) {
    const keys = new Set(calls.map(({ key }) => key));
    for (const key of this.#told) if (!keys.has(key)) this.#told.delete(key);
    for (const { key, call } of calls) {
      if (this.#told.has(key)) continue;
      this.#told.add(key);
      if (this.on && !document.hasFocus()) this.#notify(key, call, model);
    }
  }

  #notify(key, call, model) {
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    const tile = model.doors.get(call.door);
    const told = noted(`Ringing: ${tile?.name ?? call.door}`, { body: model.siteName(call.site), tag: key });
    if (!told) return;
    told.onclick = () => {
      focus();
      told.close();
      this.shown(call);
    };
  }
}
