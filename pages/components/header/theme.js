// Light, dark and high contrast: as the system wishes, or as chosen here and remembered for every browser.

import { keep } from "../gatehouse.shared/preferences.js";
import { dark } from "../gatehouse.shared/standing.js";

export const THEMES = {
  system: "As the system",
  light: "Light",
  dark: "Dark",
  contrast: "High contrast",
};
const STREAMLIT = { light: "Light", dark: "Dark" };
const AGAIN = 10_000;
const contrasts = matchMedia("(prefers-contrast: more)");
const darks = matchMedia("(prefers-color-scheme: dark)");

export class Theme {
  constructor(root) {
    this.root = root;
    this.chosen = "system";
    this.follow = () => this.draw();
    contrasts.addEventListener("change", this.follow);
  }

  /** Take what the store remembers; `paths` are the addresses under which Streamlit keeps its own choice. */
  update(chosen, paths) {
    this.paths = paths;
    // What was pressed here a moment ago may not have reached the store yet.
    if (!this.pressed) this.chosen = chosen in THEMES ? chosen : "system";
    this.draw();
    this.settle();
  }

  choose(name) {
    this.chosen = name;
    this.pressed = true;
    // Where the server does not keep it, it holds in this browser until the page is loaded anew.
    keep("theme", name).then(() => {
      this.draw();
      sessionStorage.removeItem("gatehouse.theme");
      this.settle();
    });
  }

  draw() {
    const more = this.chosen === "contrast" || contrasts.matches;
    document.documentElement.toggleAttribute("data-gatehouse-contrast", more);
    this.root.dataset.theme = document.documentElement.dataset.gatehouseTheme = this.dark() ? "dark" : "light";
    this.root.toggleAttribute("data-contrast", more);
  }

  dark() {
    // The one ground that more contrast leaves as it is.
    return dark(this.root, "--st-secondary-background-color");
  }

  /** Streamlit reads its theme when a page is loaded, so another one needs the page anew, once. */
  settle() {
    const wanted = STREAMLIT[this.chosen] ?? "System";
    for (const path of this.paths) localStorage.setItem(`stActiveTheme-${path}-v2`, JSON.stringify(wanted));
    const darkly = wanted === "System" ? darks.matches : wanted === "Dark";
    if (!this.root.isConnected || darkly === this.dark()) return;
    // Once: a browser that will not have it so must not be loaded for ever.
    if (Date.now() - Number(sessionStorage.getItem("gatehouse.theme") ?? 0) < AGAIN) return;
    sessionStorage.setItem("gatehouse.theme", String(Date.now()));
    location.reload();
  }

  stop() {
    contrasts.removeEventListener("change", this.follow);
  }
}
