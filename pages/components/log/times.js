// Moments on the clock of a site.

import { element } from "../gatehouse.shared/dom.js";
import { clock, date, here, iso, offset, stamp } from "../gatehouse.shared/formats.js";

/** A moment on the clock of a site, with the day and the offset less loud than the time of day. */
export function siteTime(us, zone) {
  const built = element("time", "");
  built.dateTime = iso(us);
  built.title = `${stamp(us, here)} for you`;
  built.append(
    element("span", "day", `${date(us, zone)} `),
    element("span", "clock", clock(us, zone)),
    element("span", "offset", ` ${offset(us, zone)}`),
  );
  return built;
}
