// A record as a row: what happened, where, who, why, told by which device.

import { element, glyph } from "../gatehouse.shared/dom.js";

export const RECORDS = {
  columns: [
    ["time", "Time"],
    ["event", "Event"],
    ["where", "Where"],
    ["who", "Person"],
    ["why", "Details"],
    ["device", "Device"],
    ["no", "No."],
  ],
  cells: (row, { only, isNew }) => [event(row, isNew), where(row, only), who(row, only), why(row, only), device(row, only)],
};

/** What happened is the record itself: it is no link of its own, and opens it as the row does. */
export function event({ label, sign: mark, severity }, isNew) {
  const cell = element("td", "event", glyph(mark), element("span", "kind", label));
  if (severity) cell.append(element("span", "severity", ` ${severity}`));
  if (isNew) cell.append(element("span", "new", "new"));
  return cell;
}

/** Its door; what hangs on no door is where its device is. */
export function where({ door, doorName, device: its, deviceName, site, siteName }, only) {
  const cell = element("td", "where");
  if (door) cell.append(only("door", door, doorName));
  else if (its) cell.append(only("device", its, deviceName));
  // No link: two of them, one under the other, would be too small for a finger.
  if (site) cell.append(element("span", "place", siteName));
  return cell;
}

function who({ person, name, credential }, only) {
  const cell = element("td", "who");
  if (person) cell.append(only("person", person, name || person));
  if (person && name) cell.append(element("span", "soft", ` ${person}`));
  if (credential) cell.append(element("span", "soft card", ` ${credential}`));
  return cell;
}

function why({ reason, reasonName, outcome, notes }, only) {
  const cell = element("td", "why");
  if (reason) cell.append(only("reason", reason, reasonName));
  else if (outcome) cell.append(outcome);
  for (const note of notes) cell.append(element("span", "note", note));
  return cell;
}

function device({ device: its, deviceName }, only) {
  return element("td", "device", its ? only("device", its, deviceName) : null);
}
