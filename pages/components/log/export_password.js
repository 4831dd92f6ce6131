// The password of a closed package: asked for once, shown once, and gone when the dialog is closed.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { password } from "./export_client.js";

const KEPT_NOWHERE = "It opens the package, and is shown this once: Gatehouse keeps it nowhere. Copy it before you close this.";
const LOST = "The password could not be shown. Nothing can open this package: export it again.";

export class Password {
  constructor() {
    this.root = element("section", "export-password");
    this.root.setAttribute("aria-label", "Password of the package");
    this.words = element("p", "act-ask");
    this.words.setAttribute("role", "status");
    this.text = element("code", "export-secret");
    this.copy = button("act-button act-main", "Copy the password", () => this.#copy());
    this.root.append(this.words, this.text, this.copy);
    this.forget();
  }

  /** Ask for the one of this export, and show it. */
  async show(id) {
    this.root.hidden = false;
    const shown = (this.shown = {});
    write(this.words, "Asking for the password…");
    const found = await password(id);
    if (shown !== this.shown) return;
    write(this.words, found ? KEPT_NOWHERE : LOST);
    this.text.textContent = found ?? "";
    this.text.hidden = this.copy.hidden = !found;
    if (found) this.copy.focus();
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.text.textContent);
      write(this.copy, "Copied");
    } catch {
      // Without HTTPS a browser lets nothing write there: it is selected, to be copied by hand.
      getSelection().selectAllChildren(this.text);
      write(this.copy, "Selected: copy it by Ctrl+C");
    }
  }

  forget() {
    this.shown = null;
    this.text.textContent = "";
    write(this.copy, "Copy the password");
    this.root.hidden = this.text.hidden = this.copy.hidden = true;
  }
}
