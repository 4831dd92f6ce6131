// Elements with text in them, which stays text whatever a device or a person may have written.

/** Build an element with these children; strings among them become text. */
export function element(tag, className = "", ...children) {
  const built = document.createElement(tag);
  if (className) built.className = className;
  built.append(...children.filter((child) => child !== null && child !== ""));
  return built;
}

/** Write text only where it differs, so that what somebody has selected stays selected. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A sign beside a word; it is decoration, the word says the same. */
export function sign(text) {
  const mark = element("span", "sign", text);
  mark.setAttribute("aria-hidden", "true");
  return mark;
}

/** A button that does something here and never submits anything. */
export function button(className, text, act) {
  const built = element("button", className, text);
  built.type = "button";
  built.addEventListener("click", act);
  return built;
}

const plain = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

/** A link that works as one in a new tab, and without loading the page anew when it is simply pressed. */
export function link(className, href, act, ...children) {
  const built = element("a", className, ...children);
  built.href = href;
  built.addEventListener("click", (event) => {
    if (!plain(event)) return;
    event.preventDefault();
    act();
  });
  return built;
}

const said = new WeakMap();

/** Draw again only what has changed: somebody may be reading, selecting or typing there. */
export function changed(holder, value) {
  const now = JSON.stringify(value);
  if (said.get(holder) === now) return false;
  said.set(holder, now);
  return true;
}
