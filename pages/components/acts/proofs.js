// Who proves an act, and how: a passkey, the organisation's own sign-in, or a one-time code.

import { button, element, write } from "../gatehouse.shared/dom.js";

export class Proofs {
  constructor() {
    this.root = element("form", "act-proofs");
    this.say = element("p", "act-ask");
    this.left = element("p", "act-left");
    this.key = button("act-button act-main", "Use a passkey", () => this.attempt.passkey());
    this.away = button("act-button", "Use your organisation's sign-in", () => this.attempt.elsewhere());
    this.code = element("input", "act-field act-code");
    this.code.type = "text";
    this.code.inputMode = "numeric";
    this.code.autocomplete = "one-time-code";
    this.code.maxLength = 8;
    this.code.id = "act-code";
    this.label = element("label", "act-label", "One-time code");
    this.label.htmlFor = this.code.id;
    this.go = element("button", "act-button act-main", "Confirm");
    this.codes = element("div", "act-line", this.code, this.go);
    this.code.addEventListener("input", () => (this.go.disabled = this.stopped || !this.#digits()));
    this.root.append(this.say, this.key, this.away, this.label, this.codes, this.left);
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#digits()) this.attempt.code(this.#digits());
    });
  }

  #digits() {
    const digits = this.code.value.replace(/\s/g, "");
    return /^\d{6,8}$/.test(digits) ? digits : "";
  }

  offer(attempt) {
    this.attempt = attempt;
    this.code.value = "";
  }

  focus(title) {
    const read = this.attempt.asked?.doors && !this.attempt.error;
    if (read && !this.key.hidden && !this.key.disabled) this.key.focus();
    else if (!this.codes.hidden && !this.attempt.prompting && !this.code.disabled) this.code.focus();
    else if (!this.key.hidden && !this.key.disabled) this.key.focus();
    else if (!this.away.hidden && !this.attempt.prompting) this.away.focus();
    else title.focus();
  }

  draw(attempt, hindered) {
    const proofs = attempt.asked?.proofs ?? [];
    this.stopped = hindered !== "" || attempt.busy;
    this.key.hidden = !proofs.includes("passkey");
    this.away.hidden = !proofs.includes("idp");
    this.label.hidden = this.codes.hidden = !proofs.includes("totp");
    this.key.disabled = this.stopped || attempt.prompting;
    this.away.disabled = this.code.disabled = this.stopped;
    this.go.disabled = this.stopped || !this.#digits();
    write(this.say, this.#words(attempt, proofs));
    const left = attempt.step === "proof" && !attempt.busy ? `${attempt.left} s left` : "";
    write(this.left, left);
  }

  #words(attempt, proofs) {
    if (attempt.step === "asking") return "Asking…";
    if (attempt.busy) return "Checking the proof…";
    if (attempt.prompting) return "Confirm with your passkey: touch the key, or unlock this device.";
    if (attempt.away) return "Waiting for your organisation's sign-in in the other window.";
    if (proofs.length === 1 && proofs[0] === "totp") return "Confirm that it is you: type the code of your app.";
    return "Confirm that it is you.";
  }
}
