// What Streamlit mounts, and the theme that it is mounted in.

/** Whether the theme's ground is dark, where this element is. */
export function dark(root, ground = "--st-background-color") {
  const colour = getComputedStyle(root).getPropertyValue(ground).trim();
  const [red, green, blue] = (colour.match(/[0-9a-f]{2}/gi) ?? ["ff", "ff", "ff"]).map((part) => parseInt(part, 16));
  return red * 0.3 + green * 0.6 + blue * 0.1 < 128;
}

/** Make a component of what `build(parent, data)` builds. Streamlit calls it at each run that changes data or
 * theme: what stands is kept, with its focus, and takes the data by `update(data, tell)` until `stop()`. */
export function standing(build) {
  const entries = new WeakMap();
  let calls = 0;
  return ({ parentElement, data, setTriggerValue }) => {
    const entry = entries.get(parentElement) ?? { view: build(parentElement, data) };
    entries.set(parentElement, entry);
    entry.view.root.dataset.theme = dark(entry.view.root) ? "dark" : "light";
    entry.view.update(data, setTriggerValue);
    const mine = (entry.call = calls += 1);
    return () => {
      // Streamlit may clean up after an older call while a newer one stands.
      if (entry.call !== mine) return;
      entries.delete(parentElement);
      entry.view.stop();
    };
  };
}
