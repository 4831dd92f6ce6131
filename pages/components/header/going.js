// Going to another page of the console without loading it anew.

import { plainly } from "../gatehouse.shared/dom.js";

const CONNECTED = "[data-testid=stApp][data-test-connection-state=CONNECTED]";

/** Open an address of ours: as Streamlit does for the browser's own back and forward, or else by loading it. */
export function go(address) {
  if (!document.querySelector(CONNECTED)) {
    location.assign(address);
    return;
  }
  history.pushState(null, "", address);
  dispatchEvent(new PopStateEvent("popstate", { state: null }));
}

/** Open an address by a link that a person may also open in another tab. */
export function follow(event, address) {
  if (!plainly(event)) return;
  event.preventDefault();
  go(address);
}

export const address = (path, values = {}) => {
  const query = new URLSearchParams(values).toString();
  return query ? `${path}?${query}` : path;
};

/** The wall with a door opened; who is at the wall already keeps how they see it, unless that leaves it out. */
export function atWall({ door, site }) {
  const at = new URLSearchParams(location.pathname === "/live" ? location.search : "");
  at.set("door", door);
  if (!(at.get("site") ?? site).split(",").includes(site)) at.delete("site");
  return address("/live", at);
}
