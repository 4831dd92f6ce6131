// What every component is built of. Text stays text, whatever a device or a person may have written.

const SVG = "http://www.w3.org/2000/svg";

/** Build an element with these children; strings among them become text, and what is empty is left out. */
export function element(tag, className = "", ...children) {
  const built = document.createElement(tag);
  if (className) built.className = className;
  built.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return built;
}

/** Build an element of a drawing. */
export function shape(tag, attributes, ...children) {
  const built = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) built.setAttribute(name, value);
  built.append(...children);
  return built;
}

/** Write text only where it differs from what was written last: what somebody has selected stays selected, and
 * nothing is read out twice. Asking the node would cost more than that. */
export function write(node, text) {
  if (node.written === text) return;
  node.written = text;
  node.textContent = text;
}

/** A button that does something here and never submits anything. */
export function button(className, text, act) {
  const built = element("button", className, text);
  built.type = "button";
  if (act) built.addEventListener("click", act);
  return built;
}

/** Whether a link is simply pressed: any other press is the browser's own, as into another tab. */
export const plainly = (event) =>
  event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

/** A link that works as one in a new tab, and without loading the page anew when it is simply pressed. */
export function link(className, href, act, ...children) {
  const built = element("a", className, ...children);
  built.href = href;
  built.addEventListener("click", (event) => {
    if (!plainly(event)) return;
    event.preventDefault();
    act();
  });
  return built;
}

/** A sign beside a word; it is decoration, the word says the same. */
export function glyph(text) {
  const mark = element("span", "sign", text);
  mark.setAttribute("aria-hidden", "true");
  return mark;
}

const said = new WeakMap();

/** Draw again only what has changed: somebody may be reading, selecting or typing there. */
export function changed(holder, value) {
  const now = JSON.stringify(value);
  if (said.get(holder) === now) return false;
  said.set(holder, now);
  return true;
}

/** Text as it is searched in: without capitals and accents. */
export const folded = (text) =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase();
