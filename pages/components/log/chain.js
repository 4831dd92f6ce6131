// What belongs together, in the order in which it happened: ring, answered, opened, closed.

import { element, glyph, link } from "../gatehouse.shared/dom.js";
import { number } from "../gatehouse.shared/formats.js";
import { href } from "./address.js";
import { siteTime } from "./times.js";

/** How long after, or before, the record that is open. */
export function apart(us) {
  const mark = us < 0 ? "−" : "+";
  const size = Math.round(Math.abs(us) / 1e3);
  if (size < 1_000) return `${mark}${size} ms`;
  if (size < 9_950) return `${mark}${number(size / 1_000, 1)} s`;
  // Rounded once, or a minute would have sixty seconds.
  const seconds = Math.round(size / 1_000);
  if (seconds < 60) return `${mark}${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${mark}${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${mark}${hours} h ${minutes % 60} min` : `${mark}${number(Math.floor(hours / 24))} days`;
}

/** Draw the records that are linked with the open one, which stands among them. */
export function chain(records, { query, open, at }) {
  const steps = records.map((one) => {
    const step = element("li", "step", glyph(one.sign));
    if (one.tone) step.dataset.tone = one.tone;
    const words = element("span", "step-words");
    if (one.current) {
      step.setAttribute("aria-current", "true");
      words.append(element("b", "", one.label));
    } else {
      words.append(link("", href({ ...query, record: one.id }), () => open(one.id), one.label));
    }
    if (one.note) words.append(element("span", "soft", ` ${one.note}`));
    if (one.current) words.append(element("span", "soft", " · this record"));
    const when = element("span", "step-time", siteTime(one.at, one.zone));
    if (!one.current) when.append(element("span", "apart", ` ${apart(one.at - at)}`));
    step.append(words, when);
    return step;
  });
  return element("ol", "chain", ...steps);
}
