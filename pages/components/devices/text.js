// Elements with text in them, which stays text whatever a device may have written.

/** Build an element. */
export function element(tag, className = "", text = "") {
  const built = document.createElement(tag);
  if (className) built.className = className;
  if (text) built.textContent = text;
  return built;
}

/** Write text only where it differs, so that what somebody has selected stays selected. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Make these the children of a node in this order, and touch nothing if they are already. */
export function arrange(parent, children) {
  const now = [...parent.children];
  if (now.length === children.length && children.every((child, at) => child === now[at])) return;
  parent.replaceChildren(...children);
}

/** A sign beside its word: the sign is decoration. */
export function marked(className, sign, word) {
  const node = element("span", className);
  const mark = element("span", "sign", sign);
  mark.setAttribute("aria-hidden", "true");
  node.append(mark, element("span", "word", word));
  return node;
}
