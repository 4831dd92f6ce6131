// How many records have come since the book was opened: told by one mount, shown by another.

const listeners = new Set();
let known = "";

/** Tell this of every change, and at once of how it stands; returns what ends that. */
export function follow(listener) {
  listeners.add(listener);
  listener(known);
  return () => listeners.delete(listener);
}

/** Draws nothing itself: the word of new records stands in the book's bar, which does not scroll away. */
export class News {
  constructor(parent) {
    this.root = document.createElement("div");
    this.root.hidden = true;
    parent.append(this.root);
  }

  update(data) {
    known = data.words;
    for (const listener of listeners) listener(known);
  }

  stop() {
    known = "";
    this.root.remove();
  }
}
