// What belongs together, in the order in which it happened: ring, answered, opened, closed.

import { number } from "../gatehouse.shared/formats.js";
import { href } from "./address.js";
import { siteTime } from "./table.js";
import { element, link, sign } from "./text.js";

/** How long after, or before, the record that is open. */
export function apart(us) {
  const size = Math.abs(us) / 1e6;
  const mark = us < 0 ? "−" : "+";
  if (size < 1) return `${mark}${number(size * 1000)} ms`;
  if (size < 60) return `${mark}${number(size, size < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(size / 60);
  if (minutes < 60) return `${mark}${minutes} min ${Math.round(size % 60)} s`;
  return `${mark}${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Draw the records that are linked with the open one, which stands among them. */
export function chain(records, { query, open, at }) {
  const steps = records.map((one) => {
    const step = element("li", "step", sign(one.sign));
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
