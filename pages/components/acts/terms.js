// What else is to be said of an act: until when a door is kept unlocked, and which doors are locked down.

import { element } from "../gatehouse.shared/dom.js";

const MINUTE = 60e6;
const HOLDS = [
  [5, "5 minutes"],
  [15, "15 minutes"],
  [60, "1 hour"],
  [240, "4 hours"],
];
const USUAL = 15;
const SCOPED = new Set(["lockdown", "release"]);

export class Terms {
  #value = () => ({});

  constructor(clock) {
    this.clock = clock;
    this.root = element("fieldset", "act-terms");
  }

  /** Offer what belongs to this wish; `tile` is the door that it was pressed at. */
  offer({ action, door }, tile, site) {
    this.#value = () => ({});
    this.root.replaceChildren();
    if (action === "hold") this.#hold();
    if (SCOPED.has(action)) this.#scope(door, tile, site);
    this.root.hidden = this.root.childElementCount === 0;
  }

  /** What it adds to what is asked for. */
  get value() {
    return this.#value();
  }

  #hold() {
    const chosen = this.#radios("For how long", HOLDS, USUAL);
    this.#value = () => ({ until: Math.round(this.clock.now() + Number(chosen()) * MINUTE) });
  }

  #scope(door, tile, site) {
    const all = `All doors of ${site}`;
    const chosen = this.#radios("Where", [["door", `Only ${tile?.name ?? door}`], ["site", all]], "door");
    this.#value = () => ({ target: chosen() === "site" ? { site: tile.site } : { doors: [door] } });
  }

  #radios(legend, choices, usual) {
    const inputs = choices.map(([value]) => {
      const input = element("input");
      input.type = "radio";
      input.name = "act-term";
      input.value = String(value);
      input.checked = value === usual;
      return input;
    });
    const labels = choices.map(([, words], at) => element("label", "act-term", inputs[at], element("span", "", words)));
    this.root.append(element("legend", "act-label", legend), ...labels);
    return () => inputs.find((input) => input.checked).value;
  }
}
