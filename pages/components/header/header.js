// Who is signed in, the way out, and a sign of life: the session goes idle unless a person touches the page.

const INPUT = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];
const TOLD_EVERY = 60_000;

function element(tag, className = "", text = "") {
  const built = document.createElement(tag);
  if (className) built.className = className;
  if (text) built.textContent = text;
  return built;
}

class Header {
  constructor(parent) {
    this.root = element("div", "who");
    this.clock = element("time", "clock");
    this.name = element("span", "name");
    this.roles = element("span", "roles");
    const person = element("span", "person");
    person.append(this.name, this.roles);
    this.root.append(this.clock, person, this.way());
    parent.append(this.root);
    this.input = () => this.touched();
    for (const kind of INPUT) addEventListener(kind, this.input, { passive: true, capture: true });
    this.timer = setInterval(() => this.tick(), 500);
    this.told = Date.now();
  }

  /** A form of its own, so that signing out works whatever else on the page does not. */
  way() {
    const form = element("form");
    form.method = "post";
    form.action = "/sign-out";
    const button = element("button", "out", "Sign out");
    form.append(button);
    return form;
  }

  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue;
    this.name.textContent = data.name;
    this.roles.textContent = data.roles;
    this.roles.title = data.roles;
    this.clock.hidden = !data.clock;
    this.tick();
  }

  touched() {
    if (Date.now() - this.told < TOLD_EVERY) return;
    this.told = Date.now();
    this.trigger("input", this.told);
  }

  tick() {
    if (!this.root.isConnected) return;
    const now = new Date().toLocaleTimeString("en-GB");
    if (this.clock.textContent !== now) this.clock.textContent = now;
  }

  stop() {
    for (const kind of INPUT) removeEventListener(kind, this.input, { capture: true });
    clearInterval(this.timer);
    this.root.remove();
  }
}

const headers = new WeakMap();
let calls = 0;

/** Called by Streamlit at each run that changes the data; with `leave` it only goes there. */
export default function header(component) {
  const { data, parentElement } = component;
  if (data.leave) {
    const next = encodeURIComponent(location.pathname + location.search);
    location.replace(`${data.leave}?reason=ended&next=${next}`);
    return undefined;
  }
  const entry = headers.get(parentElement) ?? { header: new Header(parentElement) };
  headers.set(parentElement, entry);
  entry.header.update(component);
  const call = (calls += 1);
  entry.call = call;
  return () => {
    if (entry.call !== call) return;
    headers.delete(parentElement);
    entry.header.stop();
  };
}
