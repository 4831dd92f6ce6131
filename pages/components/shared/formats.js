// Numbers, dates and times as the reader writes them, as pages/formats.py does: German, or English as in
// Britain or in America. Moments are microseconds UTC. Import it from another component as
// "../gatehouse.shared/formats.js".

/** "de", "en-GB" or "en-US" for a browser's language tag. */
export function languageOf(tag) {
  const [language, region] = String(tag).toLowerCase().split("-");
  if (language === "de") return "de";
  return language === "en" && region === "us" ? "en-US" : "en-GB";
}

export const language = languageOf(navigator.language);
export const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

const kept = new Map();

function made(Format, options) {
  const key = `${Format.name}|${JSON.stringify(options)}`;
  if (!kept.has(key)) kept.set(key, new Format(language, options));
  return kept.get(key);
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const SHORT = { day: "numeric", month: "short" };
const part = (pieces, type) => pieces.find((piece) => piece.type === type)?.value ?? "";
const written = (us, zone, options) =>
  made(Intl.DateTimeFormat, { ...options, timeZone: zone }).format(us / 1000);

/** A number with its thousands apart, and so many digits after the point. */
export const number = (value, digits = 0) =>
  made(Intl.NumberFormat, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    roundingMode: "halfEven",
  }).format(value);

/** A share (1: all) in per cent. */
export const percent = (share, digits = 0) => `${number(100 * share, digits)}${language === "de" ? "\u00a0" : ""}%`;

/** The day that a moment falls on in a zone. */
export const date = (us, zone) => written(us, zone, { dateStyle: "medium" });

/** "14:03:22" at the zone; beside it belongs the offset. */
export const clock = (us, zone) => written(us, zone, CLOCK);

const QUARTER = 900e6;
const offsets = new Map();

/** "+01:00" of a zone at a moment. Offsets change at quarters of an hour only, and most moments asked for are near. */
export function offset(us, zone) {
  const quarter = Math.floor(us / QUARTER);
  const last = offsets.get(zone);
  if (last?.quarter === quarter) return last.text;
  const pieces = made(Intl.DateTimeFormat, { timeZoneName: "longOffset", timeZone: zone }).formatToParts(us / 1000);
  const text = part(pieces, "timeZoneName").replace("GMT", "") || "+00:00";
  offsets.set(zone, { quarter, text });
  return text;
}

/** "+01" or "+05:30": as much of an offset as says it. */
export const shortOffset = (us, zone) => offset(us, zone).replace(/:00$/, "");

/** Day and time of a zone, with its offset. */
export const stamp = (us, zone) => `${date(us, zone)}, ${clock(us, zone)} ${offset(us, zone)}`;

/** The same without seconds. */
export const minute = (us, zone) => `${date(us, zone)}, ${clock(us, zone).slice(0, 5)} ${offset(us, zone)}`;

/** "14:03:22", with the day before it when it is another one than `now`'s. */
export function moment(us, zone, now) {
  const time = clock(us, zone);
  return date(us, zone) === date(now, zone) ? time : `${written(us, zone, SHORT)} ${time}`;
}

export const iso = (us) => new Date(us / 1000).toISOString();

/** A length of time, as short as a glance needs. */
export function age(us) {
  const seconds = Math.max(0, Math.floor(us / 1e6));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} days`;
}
