// The word that a page is not current while its server is away; the wall has a stream that says it better.

import { element, write } from "../gatehouse.shared/dom.js";
import { clock, here } from "../gatehouse.shared/formats.js";

const GRACE = 2_000;
const ASK_EVERY = 3_000;
/** How long the answer to a sign-out may take; until then nothing else may say why the session ended. */
const SIGNING_OUT = 10_000;

export class Away {
  constructor() {
    this.root = element("p", "away");
    this.root.setAttribute("role", "alert");
    this.root.hidden = true;
  }

  look(signIn) {
    const state = document.querySelector("[data-testid=stApp]")?.dataset.testConnectionState ?? "CONNECTED";
    if (state === "CONNECTED") {
      this.lost = null;
      this.mark("");
      return;
    }
    this.lost ??= { at: Date.now(), said: clock(Date.now() * 1_000, here), asked: 0 };
    if (Date.now() - this.lost.at < GRACE) return;
    this.mark(`Not connected since ${this.lost.said}. This page is not current. Trying again.`);
    if (Date.now() - this.lost.asked > ASK_EVERY) this.ask(signIn);
  }

  mark(words) {
    write(this.root, words);
    this.root.hidden = words === "";
    document.documentElement.toggleAttribute("data-gatehouse-away", words !== "");
  }

  /** Streamlit only says that it failed; whether we are still signed in, the gate knows. */
  async ask(signIn) {
    this.lost.asked = Date.now();
    try {
      const answer = await fetch("/_stcore/health", { cache: "no-store", redirect: "manual" });
      if (answer.status === 401) leave(signIn);
    } catch {
      // Nobody answers: the server is away, and the next look will tell.
    }
  }
}

let signedOut = -Infinity;

/** Told when the person signs out here: the way to the sign-in is already taken. */
export function signingOut() {
  signedOut = performance.now();
}

/** Go to the sign-in, which says why if that is known, and leads back to this page. */
export function leave(signIn) {
  if (performance.now() - signedOut < SIGNING_OUT) return;
  const url = new URL(signIn, location.href);
  if (!url.searchParams.has("reason")) url.searchParams.set("reason", "ended");
  url.searchParams.set("next", location.pathname + location.search);
  location.replace(url);
}
