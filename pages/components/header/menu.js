// What one sets for oneself: theme, tour, keys, and the way to one's own page.

import { button, element } from "../gatehouse.shared/dom.js";
import { Panel, sign } from "./dom.js";
import { follow } from "./going.js";
import { THEMES } from "./theme.js";

export class Menu {
  constructor({ theme, tour, help }) {
    this.theme = theme;
    this.root = element("div", "more");
    this.opener = button("icon");
    this.opener.setAttribute("aria-label", "My settings");
    this.opener.append(sign("menu"));
    this.list = element("div", "panel settings");
    this.mine = element("a", "choice", "About me");
    this.mine.href = "/me";
    this.mine.dataset.stop = "";
    this.mine.addEventListener("click", (event) => {
      this.panel.close();
      follow(event, "/me");
    });
    this.list.append(this.themes(), this.act("Take the tour", tour), this.act("Keyboard shortcuts", help), this.mine);
    this.root.append(this.opener, this.list);
    this.panel = new Panel(this.root, this.opener, this.list, () => this.opened());
  }

  themes() {
    const set = element("fieldset", "themes");
    set.append(element("legend", "", "Colours"));
    for (const [name, words] of Object.entries(THEMES)) {
      const line = element("label");
      const radio = element("input");
      radio.type = "radio";
      radio.name = "theme";
      radio.value = name;
      radio.addEventListener("change", () => this.theme.choose(name));
      line.append(radio, words);
      set.append(line);
    }
    return set;
  }

  act(words, does) {
    const built = button("choice", words);
    built.dataset.stop = "";
    built.addEventListener("click", () => {
      this.panel.close();
      does();
    });
    return built;
  }

  opened() {
    for (const radio of this.list.querySelectorAll("input")) radio.checked = radio.value === this.theme.chosen;
    this.list.querySelector("input:checked").focus();
  }
}
