// What a person may do at doors from this screen: one dialog, what waits for a second person, who has done what.

import { ActDialog } from "./dialog.js";
import { hindrance } from "./guard.js";
import { Waiting } from "./waiting.js";

/** What is allowed along with what. */
const RIGHTS = { end_hold: "hold", release: "lockdown" };
const SECONDED = ["unlock", "hold", "lockdown"];

export class Acting {
  #may;

  /** `data` is the page's, `parent` what the dialog lies over; `closed(door)` is told when it closes. */
  constructor(data, { clock, say, parent, closed }) {
    this.me = data.me ?? "";
    this.#may = data.may ?? {};
    const words = { clock, presets: data.presets ?? {}, signIn: data.sign_in };
    const left = (door, told) => {
      if (told) say(told);
      closed(door);
    };
    this.dialog = new ActDialog(words, left);
    parent.append(this.dialog.root);
    const approve = (act) => this.shown && this.dialog.begin({ second: act }, this.shown);
    if (!this.#seconds()) return;
    this.waiting = new Waiting({ clock, say, approve });
    parent.append(this.waiting.root);
  }

  #seconds() {
    return Object.values(this.#may).some((held) => held.some((one) => SECONDED.includes(one)));
  }

  /** What a page says anew at each run. */
  update(data) {
    this.#may = data.may ?? {};
  }

  /** Whether this person may do such a thing at a site. */
  may(site, what) {
    return (this.#may[site] ?? []).includes(what);
  }

  /** Why this door can't be unlocked from here now; empty where it can. */
  hindered(door, call = null, action = "unlock") {
    if (!this.shown) return "";
    return hindrance(this.shown, { door, call, action })?.words ?? "";
  }

  /** Begin an act at a door; says whether there is one now. */
  begin(action, door, call = null) {
    const tile = this.shown?.model.doors.get(door);
    if (!tile || !this.may(tile.site, RIGHTS[action] ?? action) || this.hindered(door, call, action)) return false;
    this.dialog.begin({ action, door, call }, this.shown);
    return true;
  }

  hear(model, records) {
    this.dialog.hear(model, records);
  }

  /** Draw it as things stand: `{model, now, current}`. */
  draw(shown) {
    this.shown = { ...shown, me: this.me };
    this.dialog.draw(this.shown);
    this.waiting?.draw();
  }

  stop() {
    this.dialog.stop();
    this.waiting?.stop();
  }
}
