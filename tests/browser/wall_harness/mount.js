// Mounts the wall, or what else is `drawn`, as Streamlit does: in a shadow root, with the styles beside it.

const asked = new URLSearchParams(location.search);
const drawn = asked.get("drawn") ?? "wall";
const { default: component } = await import(`/gatehouse.${drawn}/${drawn}.js`);
document.documentElement.dataset.scheme = asked.get("scheme") ?? "light";
const shadow = document.querySelector("#host").attachShadow({ mode: "open" });
const SHEETS = {
  live: ["bar", "rows", "screen", "tones"],
  acts: ["acts"],
  desk: ["calls", "desk", "side"],
  wall: ["doors", "feed", "panel", "strip", "toolbar", "wall"],
};
const sheets = Object.entries(SHEETS).flatMap(([folder, names]) =>
  (["live", "acts", drawn].includes(folder) ? names : []).map((name) => `${folder}/${name}`),
);
const styles = sheets.map((name) => {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = `/gatehouse.${name}.css`;
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
let clean = component({ parentElement: shadow, data });

// What a rerun, a change of theme and leaving the page do to the component.
window.harness = {
  told,
  again(changes = {}) {
    const old = clean;
    data = { ...data, ...changes };
    clean = component({ parentElement: shadow, data });
    return old;
  },
  leave() {
    shadow.host.remove();
    clean();
    return shadow.querySelector(".wall") === null;
  },
};
