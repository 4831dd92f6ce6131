// The keys of the log. Letters work anywhere on the page, unless somebody types; arrows only in the table.

const LETTERS = { j: { step: 1 }, k: { step: -1 }, r: { name: "fresh" } };
const ARROWS = { ArrowDown: { step: 1 }, ArrowUp: { step: -1 } };
const TYPING = "input, textarea, select, [contenteditable], [role=combobox], [popover]";

/** Call `act` for each key that means something here; it says whether it took it. Returns what ends that. */
export function heardOf(act) {
  const heard = (event) => {
    const target = event.composedPath()[0];
    const wanted = meaning(event, target instanceof Element ? target : null);
    if (wanted && act(wanted)) event.preventDefault();
  };
  addEventListener("keydown", heard);
  return () => removeEventListener("keydown", heard);
}

function meaning(event, target) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return null;
  // What is open above the page closes first.
  if (event.key === "Escape") return target?.closest("[popover]") ? null : { name: "close" };
  if (target?.closest(TYPING)) return null;
  // Who speaks to the computer turns single letters off, in the overview of all keys.
  const quiet = document.documentElement.hasAttribute("data-gatehouse-keys-off");
  if (target?.closest("tbody") && ARROWS[event.key]) return ARROWS[event.key];
  return event.shiftKey || quiet ? null : LETTERS[event.key];
}
