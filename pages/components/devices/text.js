// Lists that keep their focus, and words with a sign.

import { element, glyph } from "../gatehouse.shared/dom.js";

/** Make these the children of a node in this order, and touch nothing if they are already. */
export function arrange(parent, children) {
  const now = [...parent.children];
  if (now.length === children.length && children.every((child, at) => child === now[at])) return;
  parent.replaceChildren(...children);
}

/** A sign beside its word. */
export const marked = (className, sign, word) =>
  element("span", className, glyph(sign), element("span", "word", word));
