// Checks by itself that a record is what was sealed: RFC 9162 (2.1.3.2) for the path, C2SP signed-note for the
// signature, HMAC-SHA-256 for what is disclosed. It trusts nothing that came with the record but the key, whose
// fingerprint a person compares.

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);
const ED25519 = 1;
const HINT = 4;
const DASH = "\u2014 ";

export const PASSED = "passed";
export const FAILED = "failed";
export const UNKNOWN = "unknown";

/** Whether this browser lets a page compute hashes: it does where the address is a trustworthy one. */
export const canHash = () => Boolean(globalThis.crypto?.subtle);

export const bytesOf = (base64) => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
const textBytes = (text) => new TextEncoder().encode(text);
export const hexOf = (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
const base64Of = (bytes) => btoa(String.fromCharCode(...bytes));

function bytesOfHex(hex) {
  if (!/^([0-9a-f]{2})*$/.test(hex)) throw new Error("no hex");
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));

/** The hash of a leaf's exact bytes. */
export const leafHash = (leaf) => sha256(LEAF, leaf);

/** The root that a path leads to; null where a path of this length leads to none. */
export async function rootOf(hash, index, size, path) {
  let [at, last, root] = [index, size - 1, hash];
  if (!(index >= 0 && index < size)) return null;
  for (const side of path) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      root = await sha256(NODE, side, root);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else root = await sha256(NODE, root, side);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : null;
}

/** What a checkpoint says: which log, how many records, their root; and the text that is signed. */
export function readNote(note) {
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  const [origin, size, root] = text.split("\n");
  const lines = note.slice(end + 2).split("\n").filter(Boolean);
  const signatures = lines.filter((line) => line.startsWith(DASH)).map((line) => line.slice(DASH.length).split(" "));
  return { text, origin, size: Number(size), root: bytesOf(root), signatures };
}

/** A key's one word: whose, and its public part; its hint must be that of both. */
export async function readKey(word) {
  const [name, hint, ...rest] = word.split("+");
  const told = bytesOf(rest.join("+"));
  if (told[0] !== ED25519 || told.length !== 33) throw new Error("no Ed25519 key");
  const made = (await sha256(textBytes(`${name}\n`), told)).slice(0, HINT);
  if (hexOf(made) !== hint) throw new Error("the parts of the key do not belong together");
  return { name, hint, public: told.slice(1) };
}

/** The fingerprint as `ssh-keygen -lf` prints it. */
export async function fingerprintOf(key) {
  const sized = (bytes) => joined(new Uint8Array([0, 0, 0, bytes.length]), bytes);
  const hash = await sha256(sized(textBytes("ssh-ed25519")), sized(key.public));
  return `SHA256:${base64Of(hash).replace(/=+$/, "")}`;
}

/** Whether this key signed the note; null where this browser knows no Ed25519. */
async function signed(note, key) {
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", key.public, "Ed25519", false, ["verify"]);
  } catch {
    return null;
  }
  for (const [name, line] of note.signatures) {
    const raw = bytesOf(line);
    if (name !== key.name || hexOf(raw.slice(0, HINT)) !== key.hint) continue;
    return crypto.subtle.verify("Ed25519", imported, raw.slice(HINT), textBytes(note.text));
  }
  return false;
}

const said = (ok) => (ok === null ? UNKNOWN : ok ? PASSED : FAILED);
const same = (one, other) => one !== null && hexOf(one) === hexOf(other);

async function opens({ value, salt }, commitment) {
  const key = await crypto.subtle.importKey("raw", bytesOfHex(salt), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return hexOf(new Uint8Array(await crypto.subtle.sign("HMAC", key, textBytes(value)))) === commitment;
}

/** Whether each disclosed value is the one that was committed to; of none there is nothing to say. */
async function disclosed(told, leaf) {
  const names = Object.keys(told.disclosed ?? {}).sort();
  const commitments = JSON.parse(new TextDecoder().decode(leaf)).commit ?? {};
  const wrong = [];
  for (const name of names) {
    if (!(await opens(told.disclosed[name], commitments[name]))) wrong.push(name);
  }
  if (wrong.length) return { state: FAILED, more: `Not what was sealed: ${wrong.join(", ")}` };
  const closed = Object.keys(commitments).filter((name) => !names.includes(name));
  const parts = [names.length ? names.join(", ") : "nothing is disclosed", closed.length ? `closed: ${closed.join(", ")}` : ""];
  return { state: PASSED, more: parts.filter(Boolean).join("; ") };
}

/** One after the other: `{name, state, more}` of each step. What fails does not keep the others from being tried. */
export async function* steps(told) {
  const leaf = bytesOf(told.leaf);
  const hash = await leafHash(leaf);
  yield { name: "The record's bytes give its leaf hash", state: PASSED, more: hexOf(hash) };
  const root = await tried(() => rootOf(hash, told.index, told.size, told.path.map(bytesOfHex)));
  const more = root ? hexOf(root) : "The path does not fit the place in the tree";
  yield { name: "The path leads from it to a root", state: said(Boolean(root)), more };
  const note = await tried(() => readNote(told.note));
  const fits = Boolean(note) && note.size === told.size && same(root, note.root);
  yield { name: "That root is the checkpoint's", state: said(fits), more: note ? hexOf(note.root) : "It can't be read" };
  yield await signature(told, note);
  const shown = await tried(() => disclosed(told, leaf));
  yield { name: "What is disclosed is what was committed to", ...(shown ?? { state: FAILED, more: "It can't be read" }) };
}

async function signature(told, note) {
  const key = await tried(() => readKey(told.vkey));
  const ok = key && note && note.origin === key.name ? await tried(() => signed(note, key), false) : false;
  const print = key ? await fingerprintOf(key) : "The key can't be read";
  const more = ok === null ? "This browser does not know Ed25519: check it with ssh-keygen or openssl" : print;
  return { name: `The checkpoint is signed by the key ${key?.name ?? told.vkey}`, state: said(ok), more };
}

async function tried(work, otherwise = null) {
  try {
    return await work();
  } catch {
    return otherwise;
  }
}
