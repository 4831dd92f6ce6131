// The files of the package: those that the page holds, and those that somebody chooses from the folder.

async function inflated(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function decoded(text) {
  // In pieces, as a page may hold many megabytes; whole groups of four letters are whole bytes.
  const step = 4 << 18;
  const pieces = [];
  for (let at = 0; at < text.length; at += step) {
    const told = atob(text.slice(at, at + step));
    const found = new Uint8Array(told.length);
    for (let one = 0; one < told.length; one += 1) found[one] = told.charCodeAt(one);
    pieces.push(found);
  }
  return new Blob(pieces);
}

async function filesInside() {
  const found = new Map();
  for (const one of document.querySelectorAll("script[data-file]")) {
    const name = one.dataset.file;
    if (found.has(name)) throw new Wrong(name);
    found.set(name, await inflated(decoded(one.textContent)));
    one.remove();
    await drawn();
  }
  return found;
}

async function filesChosen(list) {
  const found = new Map();
  for (const one of list) {
    // What systems leave in every folder is no part of a package.
    if (one.name === ".DS_Store" || one.name === "Thumbs.db" || one.name === "desktop.ini") continue;
    found.set(one.name, new Uint8Array(await one.arrayBuffer()));
  }
  return found;
}
