// Checks the records of a package, line by line.

// The first disclosed field that is not what a leaf commits to; null where all are.
function unproven(leaf, fields) {
  let commits = {};
  try {
    commits = JSON.parse(utf8.decode(leaf)).commit ?? {};
  } catch {
    // What is no leaf commits to nothing.
  }
  for (const name of Object.keys(fields).sort()) {
    const { value, salt } = fields[name];
    let held = false;
    try {
      const key = unhex(salt.toLowerCase(), salt.length / 2);
      held = Object.hasOwn(commits, name) && hex(noble.hmac(noble.sha256, key, bytesOf(value))) === commits[name];
    } catch {
      // A salt that can't be read opens nothing.
    }
    if (!held) return name;
  }
  return null;
}

function isFields(fields) {
  if (fields === null || typeof fields !== "object" || Array.isArray(fields)) return false;
  return Object.values(fields).every((one) => {
    const names = one !== null && typeof one === "object" ? Object.keys(one).sort().join() : "";
    return names === "salt,value" && typeof one.salt === "string" && typeof one.value === "string";
  });
}

function isPath(path) {
  return Array.isArray(path) && path.every((one) => typeof one === "string");
}

function readPlace(line) {
  const found = objectOf(line, ["index", "path"]);
  return found && isIndex(found.index) && isPath(found.path) ? found : null;
}

function readDisclosure(line) {
  const found = objectOf(line, ["index", "fields"]);
  return found && isIndex(found.index) && isFields(found.fields) ? found : null;
}

function readCustody(line) {
  const found = objectOf(line, ["what", "index", "leaf", "path", "fields"]);
  const texts = found && typeof found.what === "string" && typeof found.leaf === "string";
  return texts && isIndex(found.index) && isPath(found.path) && isFields(found.fields) ? found : null;
}

// What is disclosed, read beside the records: both are in the order of indexes.
class Disclosures {
  constructor(bytes) {
    this.lines = linesOf(bytes);
    this.number = 0;
    this.advance();
  }

  advance() {
    const { value, done } = this.lines.next();
    this.over = done;
    this.number += done ? 0 : 1;
    this.next = done ? null : readDisclosure(value);
  }

  of(index) {
    if (!this.next || this.next.index !== index) return null;
    const found = { number: this.number, fields: this.next.fields };
    this.advance();
    return found;
  }
}

class Records {
  constructor(check) {
    this.check = check;
    this.tree = new Tree(check.checkpoint.size, check.checkpoint.root);
  }

  sealed(leaf, one) {
    try {
      return this.tree.leads(leaf, one.index, one.path);
    } catch (error) {
      if (error instanceof Wrong) return false;
      throw error;
    }
  }

  async events() {
    const { check } = this;
    const places = linesOf(check.bytes("proofs.jsonl"));
    const opened = new Disclosures(check.bytes("disclosed.jsonl"));
    let last = -1;
    let number = 0;
    for (const leaf of linesOf(check.bytes("events.jsonl"))) {
      number += 1;
      check.counts[0] += 1;
      const place = readPlace(places.next().value ?? NOTHING);
      if (place) {
        this.event(leaf, place, { number, last, opened });
        last = Math.max(last, place.index);
      } else {
        check.badRecord(`proofs.jsonl, line ${number}: can't be read`);
      }
      if (number % AT_ONCE === 0) {
        check.tell(number);
        await drawn();
      }
    }
    if (!places.next().done) check.badRecord("proofs.jsonl: has a path more than there are records");
    if (!opened.over) {
      const line = `disclosed.jsonl, line ${opened.number}`;
      const where = opened.next ? `record ${opened.next.index} (${line})` : line;
      check.badRecord(`${where}: belongs to no record, or can't be read`);
    }
  }

  event(leaf, place, { number, last, opened }) {
    const { check } = this;
    const where = `record ${place.index} (events.jsonl, line ${number})`;
    if (place.index <= last) check.badRecord(`${where}: is out of order`);
    else if (!this.sealed(leaf, place)) check.badRecord(`${where}: does not lead to the root of the checkpoint`);
    const found = opened.of(place.index);
    if (!found) return;
    check.counts[1] += 1;
    check.counts[2] += Object.keys(found.fields).length;
    const name = unproven(leaf, found.fields);
    if (name !== null) {
      const line = `record ${place.index} (disclosed.jsonl, line ${found.number})`;
      check.badRecord(`${line}: '${name}' is not what the record commits to`);
    }
  }

  custody() {
    const { check } = this;
    let number = 0;
    for (const line of linesOf(check.bytes("custody.jsonl"))) {
      number += 1;
      check.counts[3] += 1;
      const one = readCustody(line);
      if (!one) {
        check.badRecord(`custody.jsonl, line ${number}: can't be read`);
        continue;
      }
      const where = `record ${one.index} (custody.jsonl, line ${number})`;
      const leaf = bytesOf(one.leaf);
      const name = this.sealed(leaf, one) ? unproven(leaf, one.fields) : undefined;
      if (name === undefined) check.badRecord(`${where}: does not lead to the root of the checkpoint`);
      else if (name !== null) check.badRecord(`${where}: '${name}' is not what the record commits to`);
      else check.custody.push(one);
    }
  }

  count(told) {
    const { check } = this;
    const rows = [
      ["events.jsonl", "records", told.records],
      ["disclosed.jsonl", "records", told.disclosed],
      ["disclosed.jsonl", "values", told.fields],
      ["custody.jsonl", "records", told.custody],
    ];
    rows.forEach(([name, kind, wanted], at) => {
      const found = check.counts[at];
      if (found !== wanted) check.badRecord(`${name}: holds ${found} ${kind}, and the manifest says ${wanted}`);
    });
    if (check.counts[0] > MOST_RECORDS) check.badRecord("events.jsonl: holds more than any evidence package");
  }
}
