// Server time on this screen, and times as people read them. All values are microseconds UTC.

const formats = new Map();

function format(zone, options) {
  const key = `${zone}|${JSON.stringify(options)}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone }));
  }
  return formats.get(key);
}

const part = (formatted, type) => formatted.find((piece) => piece.type === type)?.value ?? "";

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

export const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

const OFFSET = { timeZoneName: "longOffset" };
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const DAY = { year: "numeric", month: "2-digit", day: "2-digit" };

/** "+01:00" of a zone at a moment. */
export function offset(us, zone) {
  const name = part(format(zone, OFFSET).formatToParts(us / 1000), "timeZoneName");
  return name.replace("GMT", "") || "+00:00";
}

/** "+01" or "+05:30": as much of an offset as says it. */
export const shortOffset = (us, zone) => offset(us, zone).replace(/:00$/, "");

/** "14:03:22" at the zone. */
export const clock = (us, zone) => format(zone, CLOCK).format(us / 1000);

const day = (us, zone) => format(zone, DAY).format(us / 1000);

/** "14:03:22", with the day before it when it is another one than `now`'s. */
export function moment(us, zone, now) {
  const time = clock(us, zone);
  if (day(us, zone) === day(now, zone)) return time;
  return `${format(zone, { day: "numeric", month: "short" }).format(us / 1000)} ${time}`;
}

export const iso = (us) => new Date(us / 1000).toISOString();

/** A length of time, as short as a glance needs. */
export function age(us) {
  const seconds = Math.max(0, Math.floor(us / 1e6));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")}`;
  return `${Math.floor(hours / 24)} days`;
}
