// The page's address as a mapping of names to text. Several values of one name are joined by commas.

const SEVERAL = new Set(["site", "door", "kind", "outcome", "reason"]);
const TIME = ["when", "from", "to"];

let page = "log";

/** Say which page is being drawn: there is never more than one. */
export function drawing(name) {
  page = name;
}

/** Where a query leads on this page. */
export function href(query) {
  const text = encode(query);
  return text ? `/${page}?${text}` : `/${page}`;
}

/** Write a query as it stands in an address; commas and colons are kept readable. */
export function encode(query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
    .toString()
    .replaceAll("%2C", ",")
    .replaceAll("%3A", ":");
}

/** The values that a query holds under a name. */
export function values(query, name) {
  const text = query[name] ?? "";
  if (!text) return [];
  return SEVERAL.has(name) ? text.split(",") : [text];
}

/** The query that wants exactly these values under a name. */
export function having(query, name, wanted) {
  const changed = { ...query };
  delete changed[name];
  return wanted.length ? { ...changed, [name]: wanted.join(",") } : changed;
}

/** The query without one value of a name; a time goes as a whole. */
export function without(query, name, value) {
  if (!TIME.includes(name)) return having(query, name, values(query, name).filter((one) => one !== value));
  return between(query, {});
}

/** The query with this time and no other: a preset, or its ends. */
export function between(query, time) {
  const rest = Object.fromEntries(Object.entries(query).filter(([name]) => !TIME.includes(name)));
  return { ...rest, ...time };
}
