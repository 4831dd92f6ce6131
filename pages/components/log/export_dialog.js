// An export before it is built: how large it would be, in which format, why, and the proof.

import { Attempt } from "../gatehouse.acts/attempt.js";
import { Proofs } from "../gatehouse.acts/proofs.js";
import { Reasons } from "../gatehouse.acts/reasons.js";
import { button, changed, element, write } from "../gatehouse.shared/dom.js";
import { number } from "../gatehouse.shared/formats.js";
import { cover } from "../gatehouse.shared/keys.js";
import { bytes, size } from "./export_client.js";
import { Password } from "./export_password.js";

const FORMATS = [
  ["csv", "CSV, for spreadsheets"],
  ["jsonl", "JSON Lines, with each record as it was sealed"],
  ["parquet", "Parquet, for analysis"],
  ["package", "Evidence package, which proves itself"],
];
const PACKAGE = "A ZIP of the records with proofs that anybody can check without Gatehouse, and a page that shows them.";
const CLOSED = "package-aes";
/** From so many records on it takes a while. */
const MANY = 100_000;

export class ExportDialog {
  #skew = 0;

  /** `asked()` is called when an export was taken on, and when it is closed. */
  constructor(asked) {
    this.asked = asked;
    this.clock = { now: () => Date.now() * 1000 + this.#skew };
    this.root = element("dialog", "act export-dialog");
    this.root.setAttribute("aria-labelledby", "export-title");
    this.title = element("h2", "act-title", "Export the log");
    this.title.id = "export-title";
    this.title.tabIndex = -1;
    this.size = element("p", "act-place");
    this.size.setAttribute("role", "status");
    this.alert = element("p", "act-alert");
    this.alert.setAttribute("role", "alert");
    this.formats = this.#formats();
    this.closing = this.#closing();
    this.password = new Password();
    this.reasons = new Reasons((reason) => this.#ask(reason));
    this.proofs = new Proofs();
    this.enter = element("a", "act-button act-main", "Sign in again");
    this.enter.target = "_top";
    this.shut = button("act-button", "Cancel", () => this.close());
    const ways = element("div", "act-ways", this.enter, this.shut);
    const parts = [this.formats, this.closing, this.reasons.root, this.proofs.root, this.password.root];
    this.root.append(element("header", "act-head", this.title, this.size), this.alert, ...parts, ways);
    this.root.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
  }

  #formats() {
    this.inputs = FORMATS.map(([value]) => {
      const input = element("input");
      Object.assign(input, { type: "radio", name: "export-format", value, checked: value === "csv" });
      input.addEventListener("change", () => this.#measure());
      return input;
    });
    const labels = FORMATS.map(([, words], at) => element("label", "act-term", this.inputs[at], element("span", "", words)));
    return element("fieldset", "act-terms", element("legend", "act-label", "Format"), ...labels);
  }

  /** What a package is, and whether it is to have a password. */
  #closing() {
    this.closed = element("input");
    this.closed.type = "checkbox";
    const words = element("span", "", "Encrypt it with a password, which is shown to you once");
    return element("div", "", element("p", "act-note", PACKAGE), element("label", "act-term", this.closed, words));
  }

  get #format() {
    const { value } = this.inputs.find(({ checked }) => checked);
    return value === "package" && this.closed.checked ? CLOSED : value;
  }

  /** Take the time by the server's clock, by which acts expire. */
  at({ now }) {
    if (changed(this.root, now)) this.#skew = now - Date.now() * 1000;
  }

  /** Begin one of what the page shows: `{page, query, sign_in}`. */
  begin(data) {
    if (this.root.open) return;
    this.data = data;
    this.taken = false;
    this.password.forget();
    this.attempt = new Attempt({ action: "export" }, { clock: this.clock, changed: () => this.#changed() });
    this.reasons.offer([]);
    this.proofs.offer(this.attempt);
    this.enter.href = `${data.sign_in}?${new URLSearchParams({ reason: "idle", next: location.pathname + location.search })}`;
    this.root.showModal();
    cover(true);
    this.ticking = setInterval(() => this.#changed(), 1000);
    this.#measure();
    this.reasons.focus(this.title);
  }

  async #measure() {
    const { attempt } = this;
    this.measured = null;
    this.#changed();
    const found = await size(this.data.page, this.data.query, this.#format);
    if (attempt !== this.attempt || !this.root.open) return;
    this.measured = found ?? { rows: 0, unknown: true };
    this.#changed();
  }

  #ask(reason) {
    if (this.#hindered) return;
    const { filter, upto } = this.measured;
    this.format = this.#format;
    const target = { filter, format: this.format, upto };
    this.attempt.ask(reason, { target });
  }

  get #over() {
    const { rows, most } = this.measured ?? {};
    return most > 0 && rows > most;
  }

  get #hindered() {
    return this.measured?.rows && !this.#over ? "" : "nothing";
  }

  /** It was taken on: it is in the list, where it can be watched; a password is shown before that. */
  #take() {
    if (this.format !== CLOSED) return this.#close();
    if (this.taken) return;
    this.taken = true;
    this.formats.hidden = this.closing.hidden = this.reasons.root.hidden = this.proofs.root.hidden = true;
    this.alert.hidden = this.enter.hidden = true;
    write(this.size, "It is being built, and will be in your list of exports.");
    write(this.shut, "Close");
    this.shut.focus();
    this.password.show(this.attempt.flight.id);
  }

  #changed() {
    if (!this.root.open || this.taken) return;
    const { attempt } = this;
    attempt.expire();
    if (attempt.step === "follow" && attempt.flight?.final && attempt.flight.good) return this.#take();
    write(this.size, this.#words());
    write(this.alert, attempt.error?.message ?? "");
    this.alert.hidden = !attempt.error;
    this.formats.hidden = this.reasons.root.hidden = attempt.step !== "reason";
    this.closing.hidden = this.formats.hidden || !this.#format.startsWith("package");
    this.reasons.draw(attempt, this.#hindered);
    this.proofs.root.hidden = !["asking", "proof"].includes(attempt.step);
    this.proofs.draw(attempt, "");
    this.enter.hidden = !attempt.error?.signIn;
    write(this.shut, attempt.open ? "Cancel" : "Close");
    if (changed(this.proofs.root, [attempt.step, attempt.prompting])) this.#focus();
  }

  #focus() {
    if (this.attempt.step === "proof") this.proofs.focus(this.title);
    else if (this.attempt.step === "over") (this.attempt.error?.signIn ? this.enter : this.shut).focus();
  }

  #words() {
    const { measured } = this;
    if (!measured) return "Counting…";
    if (measured.unknown) return "How many records it would have could not be found out.";
    if (!measured.rows) return "No record that you may export fits what is chosen.";
    if (this.#over)
      return `More than the ${number(measured.most)} records that an evidence package holds: narrow the filter, or make several.`;
    const about = measured.exact ? "" : "about ";
    const long = measured.rows > MANY ? " It is built in the background." : "";
    return `${about}${number(measured.rows)} records, about ${bytes(measured.bytes)}.${long}`;
  }

  /** Close it; what was not proved is called off by that. */
  async close() {
    const { attempt } = this;
    if (!this.root.open) return;
    if (attempt.open && attempt.asked) await attempt.disarm("You cancelled it.");
    if (attempt === this.attempt && !attempt.loose) this.#close();
  }

  #close() {
    if (!this.root.open) return;
    clearInterval(this.ticking);
    this.attempt.stop();
    this.password.forget();
    this.root.close();
    cover(false);
    this.asked();
  }

  stop() {
    this.#close();
    this.root.remove();
  }
}
