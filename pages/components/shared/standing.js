// What Streamlit mounts, and the theme that it is mounted in.

/** Whether the theme's ground is dark, where this element is. */
export function dark(root, ground = "--st-background-color") {
  const colour = getComputedStyle(root).getPropertyValue(ground).trim();
  const [red, green, blue] = (colour.match(/[0-9a-f]{2}/gi) ?? ["ff", "ff", "ff"]).map((part) => parseInt(part, 16));
  return red * 0.3 + green * 0.6 + blue * 0.1 < 128;
}

// Until Streamlit has taken away what it has cleaned up after, in ms.
const TAKEN_AWAY = 1_000;

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
    // Streamlit also cleans up after a call that a run has overtaken, before or after the call of that run: then
    // the place stays, and what stands there goes on. Where the place itself goes, so does what stood there.
    const end = () => {
      if (entry.call !== mine || parentElement.isConnected) return false;
      entries.delete(parentElement);
      entry.view.stop();
      return true;
    };
    return () => {
      if (!end()) setTimeout(end, TAKEN_AWAY);
    };
  };
}
