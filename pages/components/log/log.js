// The log: what to look for, the book of records, and word of new ones. Python chooses every word; here they
// are only drawn, as text. Three mounts of this one module share what it knows of new records.

import { Book } from "./book.js";
import { Filters } from "./filters.js";
import { News } from "./news.js";

const KINDS = { filters: Filters, book: Book, news: News };
const standing = new WeakMap();
let calls = 0;

function dark(root) {
  const ground = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
  const [red, green, blue] = (ground.match(/[0-9a-f]{2}/gi) ?? ["ff", "ff", "ff"]).map((part) => parseInt(part, 16));
  return red * 0.3 + green * 0.6 + blue * 0.1 < 128;
}

/** Called by Streamlit at each run that changes data or theme: what stands is kept, with its focus. */
export default function log({ parentElement, data, setTriggerValue }) {
  const entry = standing.get(parentElement) ?? { view: new KINDS[data.kind](parentElement) };
  standing.set(parentElement, entry);
  entry.view.root.dataset.theme = dark(entry.view.root) ? "dark" : "light";
  entry.view.update(data, (name, value) => setTriggerValue(name, value));
  entry.call = calls += 1;
  const mine = entry.call;
  return () => {
    // Streamlit may clean up after an older call while a newer one stands.
    if (entry.call !== mine) return;
    standing.delete(parentElement);
    entry.view.stop();
  };
}
