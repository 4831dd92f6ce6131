// The page: what was found, and the records. All that was recorded goes into it as text, never as markup.

const A_PAGE = 100;
const byId = (id) => document.getElementById(id);

function node(tag, text = "", name = "") {
  const found = document.createElement(tag);
  if (text !== "") found.textContent = text;
  if (name !== "") found.className = name;
  return found;
}

// Text with what can't be seen, or turns text round, written out.
function plain(value) {
  return String(value).replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (one) =>
    `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function when(micros) {
  const date = new Date(micros / 1000);
  return Number.isNaN(date.getTime()) ? plain(micros) : date.toISOString().replace("T", " ").replace("Z", " UTC");
}

function facts(list, pairs) {
  list.replaceChildren();
  for (const [name, value] of pairs) {
    list.append(node("dt", name), node("dd", plain(value)));
  }
}

function showVerdict(target, check, good) {
  const wrong = check.wrong;
  target.replaceChildren(node("strong", wrong.length === 0 ? good : "NOT AS IT WAS SIGNED"));
  target.className = wrong.length === 0 ? "good" : "bad";
  target.dataset.state = target.className;
  if (wrong.length === 0) return;
  const list = node("ol");
  for (const one of wrong.slice(0, 20)) list.append(node("li", plain(one)));
  if (wrong.length > 20) list.append(node("li", `... and ${wrong.length - 20} more`));
  target.append(list);
}

function showPackage(check) {
  const { manifest, key } = check;
  byId("fingerprint").textContent = key ? key.fingerprint : "none: there is no key in this package";
  if (!manifest) return;
  const told = manifest.export;
  facts(byId("package"), [
    ["Log", manifest.log],
    ["Asked for", told.requested],
    ["Export", told.id],
    ["By", Object.values(told.by ?? {}).join(", ")],
    ["Reason", told.why],
    ["Filter", told.filter],
    ["Sites", (manifest.scope.sites ?? []).join(", ")],
    ["Records", `${manifest.counts.records}, of ${manifest.counts.disclosed} of them values are disclosed`],
    ["Sealed up to", check.checkpoint ? `record ${check.checkpoint.size}, ${manifest.checkpoint.sealed}` : ""],
  ]);
}

// A record as one row; its leaf, its path and what is closed come when somebody opens it.
class Table {
  constructor(files) {
    this.leaves = [...linesOf(files.get("events.jsonl") ?? NOTHING)];
    this.places = [...linesOf(files.get("proofs.jsonl") ?? NOTHING)];
    this.opened = new Map();
    for (const line of linesOf(files.get("disclosed.jsonl") ?? NOTHING)) {
      const one = readDisclosure(line);
      if (one) this.opened.set(one.index, one.fields);
    }
    this.wanted = this.leaves.map((_, at) => at);
    this.first = 0;
    byId("search").addEventListener("change", () => this.search(byId("search").value));
    byId("earlier").addEventListener("click", () => this.turn(-A_PAGE));
    byId("later").addEventListener("click", () => this.turn(A_PAGE));
  }

  search(text) {
    const sought = text.toLowerCase();
    const has = (at) => this.words(at).toLowerCase().includes(sought);
    this.wanted = this.leaves.map((_, at) => at).filter((at) => sought === "" || has(at));
    this.first = 0;
    this.draw();
  }

  words(at) {
    const fields = Object.values(this.fields(at)).map((one) => one.value);
    return `${loose.decode(this.leaves[at])} ${fields.join(" ")}`;
  }

  fields(at) {
    const place = readPlace(this.places[at] ?? NOTHING);
    return (place && this.opened.get(place.index)) || {};
  }

  turn(by) {
    this.first = Math.max(0, Math.min(this.first + by, this.wanted.length - 1));
    this.draw();
  }

  draw() {
    const shown = this.wanted.slice(this.first, this.first + A_PAGE);
    byId("rows").replaceChildren(...shown.map((at) => this.row(at)));
    const last = this.first + shown.length;
    byId("where").textContent = `${shown.length ? this.first + 1 : 0} to ${last} of ${this.wanted.length}`;
    byId("earlier").disabled = this.first === 0;
    byId("later").disabled = last >= this.wanted.length;
  }

  row(at) {
    const place = readPlace(this.places[at] ?? NOTHING);
    let leaf = {};
    try {
      leaf = JSON.parse(utf8.decode(this.leaves[at])) ?? {};
    } catch {
      leaf = { kind: "can't be read" };
    }
    const found = node("tr");
    const kind = [leaf.kind, leaf.reason, leaf.outcome].filter(Boolean).join(" · ");
    const spot = [leaf.site, leaf.door ?? leaf.device].filter(Boolean).join(" / ");
    found.append(node("td", place ? plain(place.index) : "?"), node("td", when(leaf.at)), node("td", plain(kind)));
    found.append(node("td", plain(spot)), this.people(at, leaf), this.whole(at, place));
    return found;
  }

  people(at, leaf) {
    const fields = this.fields(at);
    const cell = node("td");
    for (const name of Object.keys(leaf.commit ?? {}).sort()) {
      const line = node("div");
      line.append(node("span", `${plain(name)}: `, "name"));
      const one = Object.hasOwn(fields, name) ? fields[name] : null;
      line.append(one ? node("span", plain(one.value)) : node("em", "closed"));
      cell.append(line);
    }
    return cell;
  }

  whole(at, place) {
    const cell = node("td");
    const more = node("details");
    more.append(node("summary", "Show"));
    more.addEventListener("toggle", () => {
      if (!more.open || more.childElementCount > 1) return;
      const hash = noble.sha256(joined(LEAF, this.leaves[at]));
      more.append(node("pre", plain(loose.decode(this.leaves[at]))));
      more.append(node("p", `Leaf hash ${hex(hash)}`), node("p", "Path to the root:"));
      more.append(node("pre", plain((place?.path ?? []).join("\n"))));
    });
    cell.append(more);
    return cell;
  }
}

function showCustody(check) {
  const rows = check.custody.map((one) => {
    const found = node("tr");
    const leaf = JSON.parse(one.leaf);
    const fields = Object.entries(one.fields).map(([name, told]) => `${name}: ${told.value}`);
    found.append(node("td", plain(one.index)), node("td", when(leaf.at)), node("td", plain(leaf.kind)));
    found.append(node("td", plain(fields.join(", "))), node("td", plain(JSON.stringify(leaf.refs ?? {}))));
    return found;
  });
  byId("custody").replaceChildren(...rows);
}

async function checkChosen(list) {
  const target = byId("folder");
  target.className = "";
  target.dataset.state = "busy";
  target.textContent = "Checking the files …";
  const check = new Check(await filesChosen(list), true, (count) => {
    target.textContent = `Checking the files … ${count} records`;
  });
  await check.run();
  showVerdict(target, check, "Every file in the folder is what was signed, and every record was in the log.");
}

async function begin() {
  const target = byId("inside");
  byId("choose").addEventListener("change", (event) => checkChosen(event.target.files));
  try {
    const files = await filesInside();
    const check = new Check(files, false, (count) => {
      target.textContent = `Checking … ${count} records`;
    });
    await check.run();
    showPackage(check);
    showCustody(check);
    new Table(files).draw();
    showVerdict(target, check, "Every hash, path, commitment and signature in this page holds.");
  } catch (error) {
    target.dataset.state = target.className = "bad";
    target.textContent = `This page can't be read: it was changed, or the browser is too old (${plain(error)}).`;
  }
}

begin();
