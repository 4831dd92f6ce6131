// Which doors are drawn, in which order and groups, and how large they can be. Pure.

import { folded } from "../gatehouse.shared/dom.js";
import { CONDITIONS, RANK, abnormal, calm, counterOf } from "../gatehouse.live/conditions.js";

const BY_NAME = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
/** Lengths in rem; a group's heading and the room below it count as `HEAD`. */
const MEASURES = {
  large: { wide: 13, tall: 5.25, gap: 0.5 },
  medium: { wide: 10.25, tall: 3.75, gap: 0.5 },
  small: { wide: 8.7, tall: 3.1, gap: 0.3 },
  signs: { wide: 2.75, tall: 2.75, gap: 0.3 },
};
const HEAD = 2.6;
const STEPS = Object.keys(MEASURES);
/** So many screens of small tiles are still better than signs without a name. */
const MOST_SCREENS = 1.9;

const level = (tile) => tile.level ?? "";

function seen(tile, state, view, pins, now) {
  if (view.abnormal && !abnormal(state, now)) return false;
  if (view.pinned && !pins.has(tile.door)) return false;
  if (view.states.size > 0 && !view.states.has(counterOf(state))) return false;
  return true;
}

const finds = (tile, words) => words.every((word) => folded(`${tile.name} ${level(tile)} ${tile.door}`).includes(word));

/** `{key, title, site, doors}`, the doors of each in the order of their names; `pins` come first. */
export function arrange(model, states, view, pins, now) {
  const words = folded(view.find).split(/\s+/).filter(Boolean);
  const tiles = [...model.doors.values()].filter(
    (tile) =>
      model.shows(tile.site) && seen(tile, states.get(tile.door), view, pins, now) && finds(tile, words),
  );
  tiles.sort((a, b) => BY_NAME.compare(a.name, b.name) || (a.door < b.door ? -1 : 1));
  const groups = new Map();
  for (const tile of tiles) {
    const group = groupOf(tile, states.get(tile.door), view.group, pins, model);
    if (!groups.has(group.key)) groups.set(group.key, { ...group, doors: [] });
    groups.get(group.key).doors.push(tile.door);
  }
  return [...groups.values()].sort(byOrder);
}

function groupOf(tile, state, by, pins, model) {
  if (by === "state") return { key: `state ${state.key}`, order: [1, RANK.indexOf(state.key)], ...named(state) };
  if (pins.has(tile.door)) return { key: "pinned", order: [0], title: "Pinned", site: null };
  const site = model.sites.get(tile.site);
  const title = site?.name ?? tile.site;
  if (by === "site") return { key: `site ${tile.site}`, order: [1, title, tile.site], title, site };
  const name = level(tile) || "No level";
  const order = [1, title, tile.site, level(tile) === "" ? 1 : 0, name];
  return { key: `level ${tile.site} ${name}`, order, title: model.shown.length > 1 ? `${title} · ${name}` : name, site };
}

const named = (state) => ({ title: CONDITIONS[state.key].word, site: null, state: state.key });

function byOrder(a, b) {
  for (const [at, one] of a.order.entries()) {
    const other = b.order[at];
    const step = typeof one === "number" ? one - other : BY_NAME.compare(one, other);
    if (step) return step;
  }
  return 0;
}

/** What a heading says of its doors; where all are of one state, it has said the rest already. */
export function summary(states, current, alike) {
  const secure = states.filter(calm).length;
  const doors = states.length === 1 ? "1 door" : `${states.length} doors`;
  if (alike) return doors;
  const sum = secure === states.length ? "all secure" : `${secure} secure`;
  return `${doors}, ${current ? sum : "not current"}`;
}

/** The largest size at which all of it can be seen at once; `room` is `{width, height}` in rem. */
export function fitting(groups, room) {
  const tall = (step) => {
    const { wide, tall: row, gap } = MEASURES[step];
    const columns = Math.max(1, Math.floor((room.width + gap) / (wide + gap)));
    return groups.reduce((sum, { doors }) => sum + HEAD + Math.ceil(doors.length / columns) * (row + gap), 0);
  };
  const fits = STEPS.find((step) => step !== "signs" && tall(step) <= room.height);
  if (fits) return fits;
  return tall("small") <= MOST_SCREENS * room.height ? "small" : "signs";
}

/** One size larger or smaller than this one. */
export function step(size, by) {
  const at = STEPS.indexOf(size) - by;
  return STEPS[Math.min(STEPS.length - 1, Math.max(0, at))];
}
