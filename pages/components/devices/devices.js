// The list of devices, and the facts of one. Python chooses every word; here they are only drawn, as text.

import { Facts } from "./facts.js";
import { List } from "./list.js";

const KINDS = { list: List, facts: Facts };
const standing = new WeakMap();
let calls = 0;

function dark(root) {
  const ground = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
  const [red, green, blue] = (ground.match(/[0-9a-f]{2}/gi) ?? ["ff", "ff", "ff"]).map((part) => parseInt(part, 16));
  return red * 0.3 + green * 0.6 + blue * 0.1 < 128;
}

/** Called by Streamlit at each run that changes data or theme: what stands is kept, with its focus. */
export default function devices({ parentElement, data, setTriggerValue }) {
  const entry = standing.get(parentElement) ?? { view: new KINDS[data.kind](parentElement) };
  standing.set(parentElement, entry);
  entry.view.root.dataset.theme = dark(entry.view.root) ? "dark" : "light";
  entry.view.update(data, (id) => setTriggerValue("open", id));
  entry.call = calls += 1;
  const mine = entry.call;
  return () => {
    // Streamlit may clean up after an older call while a newer one stands.
    if (entry.call !== mine) return;
    standing.delete(parentElement);
    entry.view.root.remove();
  };
}
