// Server time on this screen, and lengths of time as a glance reads them. Values are microseconds UTC.

export { age, clock, here, iso, moment, number, offset, shortOffset } from "../gatehouse.shared/formats.js";

/** The server's clock, carried on by the monotonic one, so that a wrong clock here changes nothing. */
export class ServerClock {
  #server = 0;
  #local = 0;

  set(now) {
    this.#server = now;
    this.#local = performance.now();
  }

  get known() {
    return this.#server > 0;
  }

  now() {
    return this.known ? this.#server + (performance.now() - this.#local) * 1000 : Date.now() * 1000;
  }
}

/** Time since a moment; a machine that slept stops the monotonic clock, so the larger of two counts. */
export class Stopwatch {
  constructor() {
    this.restart();
  }

  restart() {
    this.monotonic = performance.now();
    this.wall = Date.now();
  }

  get seconds() {
    return Math.max(performance.now() - this.monotonic, Date.now() - this.wall, 0) / 1000;
  }
}
