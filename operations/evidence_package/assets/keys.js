// Keys, signed notes (C2SP signed-note, tlog-checkpoint) and signatures of OpenSSH, read as Gatehouse reads them.

const NAMESPACE = "gatehouse-evidence";
const SSH_TYPE = "ssh-ed25519";
const CERTIFICATE_TYPE = "ssh-ed25519-cert-v01@openssh.com";
const DER = unhex("302a300506032b6570032100", 12);

function isName(text) {
  return text !== "" && !text.includes("+") && !/\s/u.test(text);
}

function uint32(value) {
  return new Uint8Array([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
}

function sshString(value) {
  const bytes = typeof value === "string" ? bytesOf(value) : value;
  return joined(uint32(bytes.length), bytes);
}

class Key {
  constructor(name, raw) {
    this.name = name;
    this.raw = raw;
    const told = joined(bytesOf(`${name}\n`), new Uint8Array([1]), raw);
    this.hint = noble.sha256(told).slice(0, 4);
    this.text = `${name}+${hex(this.hint)}+${base64(joined(new Uint8Array([1]), raw))}`;
    const wire = joined(sshString(SSH_TYPE), sshString(raw));
    this.ssh = `${SSH_TYPE} ${base64(wire)}`;
    this.fingerprint = `SHA256:${base64(noble.sha256(wire)).replace(/=+$/, "")}`;
    this.pem = `-----BEGIN PUBLIC KEY-----\n${base64(joined(DER, raw))}\n-----END PUBLIC KEY-----\n`;
    this.signers = `${NAMESPACE} cert-authority,namespaces="${NAMESPACE}" ${this.ssh}\n`;
  }

  static read(text) {
    const parts = text.split("+");
    const name = parts[0];
    const raw = unbase64(parts.slice(2).join("+"));
    if (raw.length !== 33 || raw[0] !== 1 || !isName(name)) throw new Wrong("no key");
    const found = new Key(name, raw.slice(1));
    if (hex(found.hint) !== parts[1]) throw new Wrong("no key");
    return found;
  }

  verifies(signature, message) {
    return ed25519(signature, message, this.raw);
  }
}

// The text of a note and the signature by this key, which must be there and hold; others are passed over.
function readNote(note, key) {
  const text = utf8.decode(note);
  const gap = text.lastIndexOf("\n\n");
  if (gap < 0 || !text.endsWith("\n") || note.length > 65536) throw new Wrong("no note");
  const body = text.slice(0, gap + 1);
  let signature = null;
  for (const line of text.slice(gap + 2, -1).split("\n")) {
    const [dash, name, ...rest] = line.split(" ");
    const raw = unbase64(rest.join(" "));
    if (dash !== "\u2014" || !isName(name) || raw.length < 5) throw new Wrong("no note");
    if (name !== key.name || !same(raw.slice(0, 4), key.hint)) continue;
    const found = raw.slice(4);
    if (!key.verifies(found, bytesOf(body))) throw new Wrong("no signature");
    signature ??= found;
  }
  if (signature === null) throw new Wrong("no signature");
  return { body, signature };
}

function readCheckpoint(body) {
  const lines = body.split("\n");
  const size = lines.length > 3 ? lines[1] : "";
  if (!lines[0] || !/^(0|[1-9][0-9]*)$/.test(size) || !isIndex(Number(size))) throw new Wrong("no checkpoint");
  const root = unbase64(lines[2]);
  if (root.length !== 32) throw new Wrong("no checkpoint");
  return { origin: lines[0], size: Number(size), root };
}

// What the key of the log says about the key of evidence.
function readStatement(body) {
  const lines = body.split("\n");
  if (lines.length !== 5 || lines[0] !== "gatehouse evidence key" || lines[4] !== "") throw new Wrong("no statement");
  const key = Key.read(lines[2]);
  if (key.text !== lines[2] || lines[3] !== key.ssh) throw new Wrong("no statement");
  return { log: lines[1], key };
}

class Wire {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  take(size) {
    const found = this.bytes.subarray(this.at, this.at + size);
    if (found.length !== size) throw new Wrong("cut off");
    this.at += size;
    return found;
  }

  string() {
    const size = this.take(4).reduce((sum, one) => sum * 256 + one, 0);
    return this.take(size);
  }

  over() {
    return this.at === this.bytes.length;
  }
}

// A certificate of OpenSSH (PROTOCOL.certkeys): that `log` has certified `key` to sign packages.
function checkCertificate(blob, log, key) {
  const wire = new Wire(blob);
  const type = loose.decode(wire.string());
  wire.string();
  const certified = wire.string();
  wire.take(8);
  const use = wire.take(4);
  wire.string();
  const principals = wire.string();
  wire.take(16);
  for (let at = 0; at < 3; at += 1) wire.string();
  const signer = wire.string();
  const signed = blob.subarray(0, wire.at);
  const signature = wire.string();
  const whole = wire.over() && type === CERTIFICATE_TYPE && same(use, uint32(1));
  const wanted = joined(sshString(SSH_TYPE), sshString(log.raw));
  if (!whole || !same(certified, key.raw) || !same(signer, wanted)) throw new Wrong("no certificate");
  if (!same(principals, sshString(NAMESPACE))) throw new Wrong("no certificate");
  const head = joined(sshString(SSH_TYPE), uint32(64));
  const raw = signature.subarray(head.length);
  if (!same(signature, joined(head, raw)) || !log.verifies(raw, signed)) throw new Wrong("no certificate");
}

// A signature of OpenSSH (PROTOCOL.sshsig) of a message by `key`, which `log` has certified.
function checkSshsig(text, message, log, key) {
  const begin = "-----BEGIN SSH SIGNATURE-----\n";
  const end = "-----END SSH SIGNATURE-----\n";
  if (!text.startsWith(begin) || !text.endsWith(end)) throw new Wrong("no signature");
  const inner = text.slice(begin.length, -end.length).replaceAll("\n", "");
  const raw = unbase64(inner);
  const lines = inner.match(/.{1,70}/g) ?? [];
  if (`${begin}${lines.map((one) => `${one}\n`).join("")}${end}` !== text) throw new Wrong("no signature");
  const magic = bytesOf("SSHSIG");
  const wire = new Wire(raw);
  wire.take(magic.length + 4);
  const blob = wire.string();
  const signature = raw.slice(-64);
  const purpose = joined(sshString(NAMESPACE), sshString(""), sshString("sha512"));
  const tail = sshString(joined(sshString(SSH_TYPE), sshString(signature)));
  const whole = joined(magic, uint32(1), sshString(blob), purpose, tail);
  const signed = joined(magic, purpose, sshString(noble.sha512(message)));
  if (!same(raw, whole) || !key.verifies(signature, signed)) throw new Wrong("no signature");
  checkCertificate(blob, log, key);
}
