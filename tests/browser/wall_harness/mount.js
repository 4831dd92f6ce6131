// Mounts the wall as Streamlit does: in a shadow root, with the styles beside it.

import wall from "/gatehouse.wall/wall.js";

const asked = new URLSearchParams(location.search);
document.documentElement.dataset.scheme = asked.get("scheme") ?? "light";
const shadow = document.querySelector("#host").attachShadow({ mode: "open" });
const styles = ["bar", "doors", "feed", "panel", "strip", "wall"].map((name) => {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = `/gatehouse.wall/${name}.css`;
  shadow.append(link);
  return new Promise((loaded) => link.addEventListener("load", loaded));
});
await Promise.all(styles);

const told = [];
addEventListener("gatehouse:attention", (event) => {
  told.push(event.detail);
  // A page that listens for ever would be the one that grows.
  if (told.length > 20) told.shift();
});
let data = { stream: "/live/stream", sign_in: "/sign-in", sites: [], readable: ["berlin"], ...window.given };
let clean = wall({ parentElement: shadow, data });

// What a rerun, a change of theme and leaving the page do to the component.
window.harness = {
  told,
  again(changes = {}) {
    const old = clean;
    data = { ...data, ...changes };
    clean = wall({ parentElement: shadow, data });
    return old;
  },
  leave() {
    shadow.host.remove();
    clean();
    return shadow.querySelector(".wall") === null;
  },
};
