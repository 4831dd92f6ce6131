// Who is signed in, the way out, a sign of life (the session goes idle unless a person touches the page), and
// the word that the page is not current while its server is away.

const INPUT = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];
const TOLD_EVERY = 60_000;
const GRACE = 2_000;
const ASK_EVERY = 3_000;

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
    this.away = element("p", "away");
    this.away.setAttribute("role", "alert");
    this.away.hidden = true;
    this.root.append(this.clock, person, this.way());
    parent.append(this.root, this.away);
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
    this.data = data;
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
    // The wall has a stream of its own, and says itself how current it is.
    if (this.data?.clock) this.watch(now);
  }

  watch(now) {
    const state = document.querySelector("[data-testid=stApp]")?.dataset.testConnectionState ?? "CONNECTED";
    if (state === "CONNECTED") {
      this.lost = null;
      this.mark("");
      return;
    }
    this.lost ??= { at: Date.now(), said: now, asked: 0 };
    if (Date.now() - this.lost.at < GRACE) return;
    this.mark(`Not connected since ${this.lost.said}. This page is not current. Trying again.`);
    if (Date.now() - this.lost.asked > ASK_EVERY) this.ask();
  }

  mark(words) {
    if (this.away.textContent === words) return;
    this.away.textContent = words;
    this.away.hidden = words === "";
    document.documentElement.toggleAttribute("data-gatehouse-away", words !== "");
  }

  /** Streamlit only says that it failed; whether we are still signed in, the gate knows. */
  async ask() {
    this.lost.asked = Date.now();
    try {
      const answer = await fetch("/_stcore/health", { cache: "no-store", redirect: "manual" });
      if (answer.status === 401) leave(this.data.sign_in);
    } catch {
      // Nobody answers: the server is away, and the next look will tell.
    }
  }

  stop() {
    for (const kind of INPUT) removeEventListener(kind, this.input, { capture: true });
    clearInterval(this.timer);
    this.mark("");
    this.root.remove();
    this.away.remove();
  }
}

function leave(signIn) {
  const next = encodeURIComponent(location.pathname + location.search);
  location.replace(`${signIn}?reason=ended&next=${next}`);
}

const headers = new WeakMap();
let calls = 0;

/** Called by Streamlit at each run that changes the data; with `leave` it only goes there. */
export default function header(component) {
  const { data, parentElement } = component;
  if (data.leave) {
    leave(data.leave);
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
