// Light, dark and high contrast: as the system wishes, or as chosen here and remembered for every browser.

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
    keep("theme", name).finally(() => {
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
    const ground = getComputedStyle(this.root).getPropertyValue("--st-secondary-background-color").trim();
    const [red, green, blue] = (ground.match(/[0-9a-f]{2}/gi) ?? ["ff", "ff", "ff"]).map((part) => parseInt(part, 16));
    return red * 0.3 + green * 0.6 + blue * 0.1 < 128;
  }

  /** Streamlit reads its theme when a page is loaded, so another one needs the page anew, once. */
  settle() {
    const wanted = STREAMLIT[this.chosen] ?? "System";
    for (const path of this.paths) localStorage.setItem(`stActiveTheme-${path}-v2`, JSON.stringify(wanted));
    const dark = wanted === "System" ? darks.matches : wanted === "Dark";
    if (!this.root.isConnected || dark === this.dark()) return;
    // Once: a browser that will not have it so must not be loaded for ever.
    if (Date.now() - Number(sessionStorage.getItem("gatehouse.theme") ?? 0) < AGAIN) return;
    sessionStorage.setItem("gatehouse.theme", String(Date.now()));
    location.reload();
  }

  stop() {
    contrasts.removeEventListener("change", this.follow);
  }
}

/** Keep something for this person; an act of theirs, so the gate may count it as one. */
export async function keep(name, value) {
  try {
    await fetch(`/me/preferences/${name}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(value),
    });
  } catch {
    // It holds in this browser until the page is loaded anew.
  }
}
