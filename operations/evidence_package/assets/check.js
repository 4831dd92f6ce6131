// Checks a package by itself: what `gatehouse.py verify` does, in the same order and with the same words.

const SHOWN = [
  "events.jsonl", "proofs.jsonl", "disclosed.jsonl", "custody.jsonl", "policy.json",
  "checkpoint", "checkpoint.body", "checkpoint.sig", "vkey", "pub.pem", "key.ssh.pub", "allowed_signers",
  "evidence.note", "evidence.body", "evidence.sig", "evidence.pem",
];
const INSIDE = [...SHOWN, "manifest.json", "manifest.ed25519"];
const SUMMED = [...INSIDE, "VERIFY.txt", "view.html"].sort();
const ALL = [...SUMMED, "SHA256SUMS", "SHA256SUMS.sig", "SHA256SUMS.ed25519"];
const MOST_RECORDS = 100_000;
// The browser draws between so many records.
const AT_ONCE = 500;

const drawn = () => new Promise((done) => setTimeout(done, 0));

class Check {
  // `files` are bytes by name; `whole` says that it is the folder, and not what the page holds of it.
  constructor(files, whole, tell) {
    this.files = files;
    this.whole = whole;
    this.tell = tell;
    this.inRecords = [];
    this.inFiles = [];
    this.sums = new Map();
    this.counts = [0, 0, 0, 0];
    this.custody = [];
    this.key = this.evidence = this.checkpoint = this.manifest = null;
  }

  get wrong() {
    return [...this.inRecords, ...this.inFiles];
  }

  bad(text) {
    this.inFiles.push(text);
  }

  badRecord(text) {
    this.inRecords.push(text);
  }

  bytes(name) {
    return this.files.get(name) ?? NOTHING;
  }

  text(name) {
    return loose.decode(this.bytes(name));
  }

  same(name, wanted, source) {
    if (this.files.has(name) && !same(this.bytes(name), wanted)) this.bad(`${name}: does not say the same as ${source}`);
  }

  tried(work, text) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Wrong) && !(error instanceof TypeError) && !(error instanceof SyntaxError)) throw error;
      this.bad(text);
      return null;
    }
  }

  async run() {
    const wanted = this.whole ? ALL : INSIDE;
    for (const name of [...wanted].sort()) if (!this.files.has(name)) this.bad(`${name}: is missing`);
    for (const name of [...this.files.keys()].sort()) {
      if (!wanted.includes(name)) this.bad(`${name}: does not belong to an evidence package`);
    }
    await this.hashAll();
    this.readKey();
    this.readNotes();
    this.checkSignatures();
    this.readManifest();
    if (this.checkpoint && this.manifest) await this.checkRecords();
    return this;
  }

  // --- files -------------------------------------------------------------------------------------------

  async hashAll() {
    const lines = this.text("SHA256SUMS").split("\n");
    const told = new Map();
    for (const line of lines.slice(0, -1)) {
      if (line.slice(64, 66) === "  ") told.set(line.slice(66), line.slice(0, 64));
    }
    const listed = [...told.keys()].sort();
    const complete = listed.length === SUMMED.length && listed.every((one, at) => one === SUMMED[at]);
    if (this.whole && (!complete || lines.length !== told.size + 1)) {
      this.bad("SHA256SUMS: is not the list of a package's files");
    }
    for (const name of SUMMED.filter((one) => this.files.has(one))) {
      this.sums.set(name, hex(noble.sha256(this.bytes(name))));
      await drawn();
      if (this.whole && told.get(name) !== this.sums.get(name)) {
        this.bad(`${name}: is not the file that SHA256SUMS lists`);
      }
    }
  }

  // --- keys and signatures -----------------------------------------------------------------------------

  readKey() {
    const key = this.tried(() => Key.read(this.text("vkey").replace(/\n$/, "")), "vkey: is no key of a log");
    if (!key) return;
    this.key = key;
    this.same("vkey", bytesOf(`${key.text}\n`), "itself");
    this.same("pub.pem", bytesOf(key.pem), "vkey");
    this.same("key.ssh.pub", bytesOf(`${key.ssh}\n`), "vkey");
    this.same("allowed_signers", bytesOf(key.signers), "vkey");
  }

  readNotes() {
    if (!this.key) return;
    this.checkpoint = this.note("checkpoint", "checkpoint", readCheckpoint);
    const statement = this.note("evidence.note", "evidence", readStatement);
    if (!statement) return;
    if (statement.log !== this.key.name) {
      this.bad("evidence.note: is about another log");
      return;
    }
    this.evidence = statement.key;
    this.same("evidence.pem", bytesOf(statement.key.pem), "evidence.note");
  }

  note(name, stem, read) {
    const found = this.tried(() => {
      const { body, signature } = readNote(this.bytes(name), this.key);
      return { body, signature, read: read(body) };
    }, `${name}: is not signed by the key of the log`);
    if (!found) return null;
    this.same(`${stem}.body`, bytesOf(found.body), name);
    this.same(`${stem}.sig`, found.signature, name);
    return found.read;
  }

  checkSignatures() {
    if (!this.key || !this.evidence) return;
    const raw = this.whole ? [["SHA256SUMS.ed25519", "SHA256SUMS"]] : [];
    for (const [name, signed] of [...raw, ["manifest.ed25519", "manifest.json"]]) {
      if (!this.evidence.verifies(this.bytes(name), this.bytes(signed))) {
        this.bad(`${name}: is no signature of ${signed} by the key of evidence`);
      }
    }
    if (!this.whole) return;
    this.tried(() => {
      checkSshsig(this.text("SHA256SUMS.sig"), this.bytes("SHA256SUMS"), this.key, this.evidence);
    }, "SHA256SUMS.sig: is no signature of SHA256SUMS by the key of evidence");
  }

  // --- what it says ------------------------------------------------------------------------------------

  readManifest() {
    const found = this.tried(() => {
      const told = JSON.parse(utf8.decode(this.bytes("manifest.json")));
      for (const name of ["log", "format"]) if (typeof told[name] !== "string") throw new Wrong(name);
      for (const name of ["export", "scope", "checkpoint", "counts", "files"]) Object.keys(told[name]);
      const counts = Object.keys(told.counts).sort().join() === "custody,disclosed,fields,records";
      if (!counts || !Object.values(told.counts).every(isIndex)) throw new Wrong("counts");
      for (const one of Object.values(told.files)) {
        const whole = Object.keys(one).sort().join() === "sha256,size" && typeof one.sha256 === "string";
        if (!whole || !isIndex(one.size)) throw new Wrong("files");
      }
      return told;
    }, "manifest.json: can't be read");
    if (!found) return;
    const names = Object.keys(found.files).sort().join();
    if (found.format !== NAMESPACE || found.v !== 1 || names !== [...SHOWN].sort().join()) {
      this.bad("manifest.json: is not of a kind that is known here");
      return;
    }
    this.manifest = found;
    for (const name of [...SHOWN].sort().filter((one) => this.files.has(one))) {
      if (found.files[name].sha256 !== this.sums.get(name)) {
        this.bad(`${name}: is not the file that manifest.json lists`);
      }
    }
  }

  async checkRecords() {
    const records = new Records(this);
    if (["events.jsonl", "proofs.jsonl", "disclosed.jsonl"].every((one) => this.files.has(one))) {
      await records.events();
    }
    if (this.files.has("custody.jsonl")) records.custody();
    records.count(this.manifest.counts);
    const told = this.custody.filter((one) => one.what === "key").map((one) => refsOf(one.leaf).key);
    if (this.evidence && (told.length !== 1 || told[0] !== this.evidence.text)) {
      this.bad("custody.jsonl: does not hold the record of the key of evidence");
    }
    this.checkPolicy();
  }

  checkPolicy() {
    const found = this.tried(() => {
      const told = JSON.parse(utf8.decode(this.bytes("policy.json")));
      for (const one of told) {
        const document = one.document ?? "";
        const known = Object.keys(one).every((name) => ["version", "sha256", "document"].includes(name));
        const texts = typeof one.sha256 === "string" && typeof document === "string";
        if (!known || !texts || !isIndex(one.version)) throw new Wrong("policy");
      }
      return told;
    }, "policy.json: can't be read");
    const sealed = this.custody.filter((one) => one.what === "policy").map((one) => refsOf(one.leaf));
    for (const one of found ?? []) {
      const document = one.document ?? null;
      const kept = document === null || hex(noble.sha256(bytesOf(document))) === one.sha256;
      const told = sealed.some((refs) => refs.version === one.version && refs.sha256 === one.sha256);
      if (!kept || !told) this.bad(`policy.json: version ${one.version} is not what was sealed`);
    }
  }
}

function refsOf(leaf) {
  try {
    return JSON.parse(leaf).refs ?? {};
  } catch {
    return {};
  }
}
