// The time to look at: presets, or from one moment to another on the clock of the site.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { between } from "./address.js";
import { Popup } from "./popup.js";

export class When {
  constructor(facet, go) {
    this.go = go;
    this.popup = new Popup(facet.label, { opened: () => this.#opened() });
    this.root = this.popup.root;
    this.presets = element("div", "presets");
    this.from = moment("From");
    this.to = moment("Up to");
    this.zone = element("p", "popup-note");
    this.wrong = element("p", "wrong");
    this.wrong.setAttribute("role", "alert");
    this.form = element("form", "between", this.from.label, this.to.label, this.zone, this.wrong);
    const show = element("button", "main", "Show this time");
    this.clear = button("plain", "Any time", () => this.#take({}));
    this.form.append(element("div", "popup-foot", show, this.clear));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#between();
    });
    this.popup.box.append(this.presets, this.form);
  }

  update(facet, query) {
    this.facet = facet;
    this.query = query;
    write(this.popup.text, facet.text ? `${facet.label}: ${facet.text}` : facet.label);
    this.popup.button.classList.toggle("chosen", Boolean(facet.text));
    this.clear.disabled = !facet.text;
    write(this.zone, facet.clock);
    this.presets.replaceChildren(...facet.presets.map((one) => this.#preset(one)));
  }

  #preset({ id, name }) {
    const chosen = this.query.when === id;
    const built = button(chosen ? "preset chosen" : "preset", name, () => this.#take({ when: id }));
    built.setAttribute("aria-pressed", String(chosen));
    return built;
  }

  #opened() {
    this.from.input.value = this.facet.from ?? "";
    this.to.input.value = this.facet.to ?? "";
    write(this.wrong, "");
    (this.presets.querySelector(".chosen") ?? this.presets.firstElementChild).focus();
  }

  #between() {
    const [from, to] = [this.from.input.value, this.to.input.value];
    if (!from && !to) write(this.wrong, "Say from when, up to when, or both.");
    else if (from && to && from >= to) write(this.wrong, "The end is not after the beginning.");
    else this.#take({ ...(from && { from }), ...(to && { to }) });
  }

  #take(time) {
    this.popup.close();
    this.go(between(this.query, time));
  }

  stop() {
    this.popup.stop();
  }
}

function moment(name) {
  const input = element("input");
  input.type = "datetime-local";
  input.step = "1";
  const label = element("label", "moment", element("span", "", name), input);
  return { label, input };
}
