// The keys of the log. Letters work anywhere on the page, unless somebody types; arrows only in the table.

import { foreign, lettersOn, target, typing } from "../gatehouse.shared/keys.js";

const LETTERS = { j: { step: 1 }, k: { step: -1 }, r: { name: "fresh" } };
const ARROWS = { ArrowDown: { step: 1 }, ArrowUp: { step: -1 } };

/** Call `act` for each key that means something here; it says whether it took it. Returns what ends that. */
export function heardOf(act) {
  const heard = (event) => {
    const wanted = meaning(event, target(event));
    if (wanted && act(wanted)) event.preventDefault();
  };
  addEventListener("keydown", heard);
  return () => removeEventListener("keydown", heard);
}

function meaning(event, on) {
  if (event.defaultPrevented || foreign(event)) return null;
  const above = on?.closest("[popover]");
  // What is open above the page closes first.
  if (event.key === "Escape") return above ? null : { name: "close" };
  if (above || typing(event)) return null;
  if (on?.closest("tbody") && ARROWS[event.key]) return ARROWS[event.key];
  return !event.shiftKey && lettersOn() ? LETTERS[event.key] : null;
}
