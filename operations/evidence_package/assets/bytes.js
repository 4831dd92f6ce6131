// Bytes, text and hashes. Everything here is written for a page that is opened from a disk, without a network.
"use strict";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const loose = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);

class Wrong extends Error {}

function hex(bytes) {
  let found = "";
  for (const one of bytes) found += one.toString(16).padStart(2, "0");
  return found;
}

const NIBBLES = new Int8Array(128).fill(-1);
for (let at = 0; at < 16; at += 1) NIBBLES["0123456789abcdef".charCodeAt(at)] = at;

// Read lower-case hex of so many bytes; a hash is read two million times in a large package.
function unhex(text, size) {
  if (typeof text !== "string" || text.length !== 2 * size) throw new Wrong("no hex");
  const found = new Uint8Array(size);
  for (let at = 0; at < size; at += 1) {
    const high = NIBBLES[text.charCodeAt(2 * at)] ?? -1;
    const low = NIBBLES[text.charCodeAt(2 * at + 1)] ?? -1;
    if (high < 0 || low < 0) throw new Wrong("no hex");
    found[at] = (high << 4) | low;
  }
  return found;
}

function base64(bytes) {
  let found = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    found += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(found);
}

// Read base64 as it is written in one way only.
function unbase64(text) {
  let told;
  try {
    told = atob(text);
  } catch {
    throw new Wrong("no base64");
  }
  const found = Uint8Array.from(told, (one) => one.charCodeAt(0));
  if (base64(found) !== text) throw new Wrong("no base64");
  return found;
}

function joined(...parts) {
  const found = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) {
    found.set(one, at);
    at += one.length;
  }
  return found;
}

function same(left, right) {
  return left.length === right.length && left.every((one, at) => one === right[at]);
}

function bytesOf(text) {
  return encoder.encode(text);
}

function ed25519(signature, message, key) {
  try {
    return signature.length === 64 && noble.ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}

// The lines of a file, each as bytes without its end.
function* linesOf(bytes) {
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}

// A line as an object with these names and no others; null where it is none.
function objectOf(bytes, required, optional = []) {
  let found;
  try {
    found = JSON.parse(utf8.decode(bytes));
  } catch {
    return null;
  }
  if (found === null || typeof found !== "object" || Array.isArray(found)) return null;
  const names = Object.keys(found);
  const known = names.every((one) => required.includes(one) || optional.includes(one));
  return known && required.every((one) => names.includes(one)) ? found : null;
}

function isIndex(value) {
  return Number.isSafeInteger(value);
}

// The tree of RFC 6962: what a path leads to from the bytes of a leaf (RFC 9162, section 2.1.3.2).
const LEAF = new Uint8Array([0]);
const pair = new Uint8Array(65);
pair[0] = 1;

function nodeHash(left, right) {
  pair.set(left, 1);
  pair.set(right, 33);
  return noble.sha256(pair);
}

const half = (one) => Math.floor(one / 2);

// A tree of this size and root, asked record by record. Neighbours share nearly all of their way: where one
// comes to what the last that held came to, and has the rest of its path before it, it holds like that one.
class Tree {
  constructor(size, root) {
    this.size = size;
    this.root = root;
    this.path = [];
    this.trail = [];
  }

  leads(leaf, index, path) {
    if (!(index >= 0 && index < this.size)) return false;
    const trail = [];
    let number = index;
    let last = this.size - 1;
    let found = noble.sha256(joined(LEAF, leaf));
    for (let step = 0; step < path.length; step += 1) {
      if (last === 0) return false;
      trail.push({ number, last, found });
      if (this.met(trail[step], step, path)) return this.keep([...trail, ...this.trail.slice(step + 1)], path);
      const one = unhex(path[step], 32);
      if (number % 2 === 1 || number === last) {
        found = nodeHash(one, found);
        while (number % 2 === 0 && number !== 0) {
          number = half(number);
          last = half(last);
        }
      } else {
        found = nodeHash(found, one);
      }
      number = half(number);
      last = half(last);
    }
    return last === 0 && same(found, this.root) && this.keep(trail, path);
  }

  met(here, step, path) {
    const before = this.trail[step];
    if (!before || before.number !== here.number || before.last !== here.last) return false;
    if (path.length !== this.path.length || !same(before.found, here.found)) return false;
    for (let at = step; at < path.length; at += 1) if (path[at] !== this.path[at]) return false;
    return true;
  }

  keep(trail, path) {
    this.trail = trail;
    this.path = path;
    return true;
  }
}
