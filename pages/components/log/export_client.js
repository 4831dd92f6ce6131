// What the server is asked of exports; null where it did not answer as it should.

import { number } from "../gatehouse.shared/formats.js";

async function ask(path, options = {}) {
  try {
    const answer = await fetch(path, { cache: "no-store", redirect: "manual", ...options });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** How large an export would be, and the one form of its filter: `{filter, rows, exact, bytes, upto}`. */
export function size(page, query, format) {
  const filter = `${page}?${new URLSearchParams(query)}`;
  return ask(`/exports/size?${new URLSearchParams({ filter, format })}`);
}

/** This session's exports, newest first. */
export async function mine() {
  return (await ask("/exports"))?.exports ?? null;
}

/** The password of a closed package, which the server gives once. */
export async function password(id) {
  const how = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  return (await ask(`/exports/${encodeURIComponent(id)}/password`, how))?.password ?? null;
}

const UNITS = ["B", "kB", "MB", "GB"];

/** A size as people read it. */
export function bytes(count) {
  let [value, unit] = [count, 0];
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${number(value, unit && value < 10 ? 1 : 0)} ${UNITS[unit]}`;
}
