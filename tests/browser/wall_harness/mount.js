// Mounts the wall as Streamlit does: in a shadow root, with the styles beside it.

import wall from "/wall/wall.js";

document.documentElement.dataset.scheme = new URLSearchParams(location.search).get("scheme") ?? "light";
const shadow = document.querySelector("#host").attachShadow({ mode: "open" });
for (const name of ["doors", "feed", "wall"]) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = `/wall/${name}.css`;
  shadow.append(link);
}

const data = { stream: "/live/stream", sign_in: "/sign-in" };
let clean = wall({ parentElement: shadow, data });

// What a rerun, a change of theme and leaving the page do to the component.
window.harness = {
  again() {
    const old = clean;
    clean = wall({ parentElement: shadow, data });
    return old;
  },
  leave: () => clean(),
};
