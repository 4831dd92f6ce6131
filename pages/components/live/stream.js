// The websocket: says when it is silent, comes back by itself, and asks for what it missed.

import { Stopwatch } from "./times.js";

/** Seconds without a frame after which nothing drawn counts as current; the server's longest pause is 2. */
export const SILENT_AFTER = 5;
const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;
const SESSION_ENDED = 4401;
const NO_SITE = 4403;

export class Stream {
  #url;
  #handlers;
  #position = null;
  #socket = null;
  #timer = 0;
  #wait = FIRST_WAIT;
  #heard = new Stopwatch();
  #live = false;
  #stopped = false;

  /** Handlers: `frame(data)`, `ended(reason)`, `refused()`. */
  constructor(url, handlers) {
    this.#url = url;
    this.#handlers = handlers;
    this.#open();
  }

  /** Whether frames come: nothing older than the server's longest pause counts as current. */
  get live() {
    return this.#live && this.#heard.seconds <= SILENT_AFTER;
  }

  /** Seconds since the last frame of any socket. */
  get silence() {
    return this.#heard.seconds;
  }

  /** Give up a socket that has fallen silent; called by the wall's one timer. */
  watch() {
    if (this.#stopped || !this.#socket || this.#opening() || this.#heard.seconds <= SILENT_AFTER) return;
    this.#drop();
    this.#again();
  }

  /** Try at once, for instance when the screen is looked at again. */
  hurry() {
    if (this.#stopped || this.live || this.#socket) return;
    clearTimeout(this.#timer);
    this.#open();
  }

  /** Begin anew with a whole picture, as when other sites are chosen. */
  restart() {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#drop();
    this.#position = null;
    this.#open();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  #opening() {
    return this.#socket.readyState === WebSocket.CONNECTING && this.since.seconds <= SILENT_AFTER;
  }

  #open() {
    const url = new URL(this.#url, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.#position !== null) url.searchParams.set("after", String(this.#position));
    this.since = new Stopwatch();
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onmessage = (event) => this.#take(socket, event.data);
    socket.onclose = (event) => this.#closed(socket, event);
  }

  #take(socket, text) {
    if (socket !== this.#socket) return;
    const frame = JSON.parse(text);
    this.#heard.restart();
    this.#live = true;
    this.#wait = FIRST_WAIT;
    this.#handlers.frame(frame);
    this.#position = frame.id;
  }

  #closed(socket, event) {
    if (socket !== this.#socket) return;
    const opened = this.#live;
    this.#drop();
    if (event.code === SESSION_ENDED) this.#end(() => this.#handlers.ended(event.reason));
    else if (event.code === NO_SITE) this.#end(() => this.#handlers.refused());
    else this.#again(!opened);
  }

  #end(tell) {
    this.#stopped = true;
    tell();
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#live = false;
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  #again(refused = false) {
    if (this.#stopped) return;
    // A refused handshake tells a page nothing, so the gate is asked whether we are still signed in.
    if (refused) this.#ask();
    this.#timer = setTimeout(() => this.#open(), this.#wait * (0.5 + Math.random() / 2));
    this.#wait = Math.min(LONGEST_WAIT, this.#wait * 2);
  }

  async #ask() {
    try {
      const answer = await fetch("/_stcore/health", { cache: "no-store", redirect: "manual" });
      if (answer.status === 401 && !this.#stopped) {
        this.stop();
        this.#handlers.ended("");
      }
    } catch {
      // No answer at all: the server is away, and the next try will tell.
    }
  }
}
