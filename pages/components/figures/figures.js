/* The bars of a ranking, and the numbers of a chart as a table that opens on request; what is counted is a link
   to the log. */

import { element, plainly, shape } from "../gatehouse.shared/dom.js";

const LOG = "/log";
const BAR_PX = 10;

export default function figures({ data, parentElement, setTriggerValue }) {
  const before = parentElement.querySelector(".figures");
  const said = JSON.stringify(data);
  if (before && before.dataset.said === said) {
    return;
  }
  const made = element("div", "figures");
  made.dataset.said = said;
  if (data.bars.length) {
    made.append(stripes(), ranking(data.bars));
  }
  if (data.note) {
    made.append(element("p", "", data.note));
  }
  made.append(folded(data, before ? before.querySelector("details").open : data.opened));
  made.addEventListener("click", (event) => follow(event, setTriggerValue));
  // Beside it stands the style that Streamlit has put there.
  if (before) {
    before.replaceWith(made);
  } else {
    parentElement.append(made);
  }
}

/* A plain press changes the page without loading it anew; any other is the browser's own. */
function follow(event, setTriggerValue) {
  const pressed = event.target.closest("a");
  if (pressed && plainly(event)) {
    event.preventDefault();
    setTriggerValue("open", new URL(pressed.href).search.slice(1));
  }
}

function ranking(bars) {
  const list = element("ol");
  for (const bar of bars) {
    const leads = link("", [bar.query]);
    leads.append(element("span", "", bar.label), element("span", "", bar.note), drawn(bar));
    list.append(element("li", "", leads));
  }
  return list;
}

/* Drawn and not coloured in: grounds are not printed, and are taken away where colours are forced. */
function drawn(bar) {
  const svg = shape("svg", { width: "100%", height: BAR_PX, "aria-hidden": "true" });
  if (bar.calm) {
    svg.append(part(bar.alert, bar.calm, "calm"));
  }
  if (bar.alert) {
    svg.append(part(0, bar.alert, "striped"));
  }
  return svg;
}

/* How what asks for a look is hatched: told apart without colour. */
function stripes() {
  const svg = shape("svg", { width: 0, height: 0, "aria-hidden": "true" });
  const pattern = shape("pattern", {
    id: "stripes",
    width: 5,
    height: 5,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  });
  pattern.append(shape("rect", { width: 3, height: 5, class: "alert" }));
  svg.append(pattern);
  return svg;
}

function part(from, share, name) {
  const percent = (value) => `${100 * value}%`;
  return shape("rect", { x: percent(from), width: percent(share), height: BAR_PX, class: name });
}

function folded(data, open) {
  const details = element("details");
  details.append(element("summary", "", data.title));
  const scroller = element("div", "scroller");
  details.append(scroller);
  // Built when somebody looks: a year of days is some thousand cells.
  const fill = () => {
    if (details.open && !scroller.firstChild) {
      scroller.append(table(data));
      scroller.tabIndex = 0;
      scroller.setAttribute("role", "region");
      scroller.setAttribute("aria-label", data.title);
    }
  };
  details.addEventListener("toggle", fill);
  details.open = open;
  fill();
  return details;
}

function table(data) {
  const made = element("table");
  const head = made.createTHead().insertRow();
  head.append(heading(data.first, "col"), ...data.columns.map((column) => heading(column.label, "col")));
  const body = made.createTBody();
  for (const line of data.lines) {
    const row = body.insertRow();
    const name = heading("", "row");
    name.append(words(line.label, line.query && [data.query, line.query]));
    row.append(name);
    line.cells.forEach((cell, number) => {
      const column = data.columns[number];
      const leads = line.query && column.query && cell !== "0";
      row.insertCell().append(words(cell, leads ? [data.query, line.query, column.query] : null));
    });
  }
  return made;
}

function words(text, queries) {
  return queries ? link(text, queries) : document.createTextNode(text);
}

function link(text, queries) {
  const made = element("a", "", text);
  made.href = `${LOG}?${new URLSearchParams(Object.assign({}, ...queries))}`;
  return made;
}

function heading(text, scope) {
  const made = element("th", "", text);
  made.scope = scope;
  return made;
}
