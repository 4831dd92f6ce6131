/* A chart's numbers as a table, opened on request; what a number counts is a link to the log. */

export default function figures({ data, parentElement }) {
  const before = parentElement.querySelector("details");
  const said = JSON.stringify(data);
  if (before && before.dataset.said === said) {
    return;
  }
  const made = folded(data, before ? before.open : data.opened);
  made.dataset.said = said;
  // Beside it stands the style that Streamlit has put there.
  if (before) {
    before.replaceWith(made);
  } else {
    parentElement.append(made);
  }
}

function folded(data, open) {
  const details = element("details");
  details.append(element("summary", data.title));
  const scroller = element("div");
  scroller.className = "scroller";
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
    name.append(link(line.label, data, line.query && [line.query]));
    row.append(name);
    line.cells.forEach((cell, number) => {
      const column = data.columns[number];
      const leads = line.query && column.query && cell !== "0" ? [line.query, column.query] : null;
      row.insertCell().append(link(cell, data, leads));
    });
  }
  return made;
}

function link(words, data, queries) {
  if (!queries) {
    return document.createTextNode(words);
  }
  const made = element("a", words);
  const query = new URLSearchParams(Object.assign({}, data.query, ...queries));
  made.href = `${data.path}?${query}`;
  return made;
}

function heading(words, scope) {
  const made = element("th", words);
  made.scope = scope;
  return made;
}

function element(name, words = "") {
  const made = document.createElement(name);
  made.textContent = words;
  return made;
}
