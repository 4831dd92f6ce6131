// The number of open calls and alarms on the browser's tab: in its title and on its icon.

const GATE =
  "M4 10h8v5h6v-5h12v5h6v-5h8v34H33V31a9 9 0 0 0-18 0v13H4z M19.5 44V31a4.5 4.5 0 0 1 4.5-4.5 4.5 4.5 0 0 1 4.5 4.5v13z";

function icon(count) {
  const shown = count > 99 ? "99" : String(count);
  const mark =
    '<circle cx="33" cy="15" r="14.5" fill="#a4112c" stroke="#fff" stroke-width="2"/>' +
    `<text x="33" y="21.5" fill="#fff" font-family="sans-serif" font-size="${shown.length > 1 ? 17 : 20}"` +
    ` font-weight="700" text-anchor="middle">${shown}</text>`;
  const body = `<path fill="#3585d0" fill-rule="evenodd" d="${GATE}"/>${mark}`;
  return `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">${body}</svg>`,
  )}`;
}

export class Badge {
  constructor() {
    this.count = 0;
    // Streamlit writes title and icon anew at each run.
    this.watcher = new MutationObserver(() => this.draw());
    this.watcher.observe(document.head, { childList: true, subtree: true, characterData: true, attributes: true });
  }

  show(count) {
    this.count = count;
    this.draw();
  }

  draw() {
    const plain = document.title.replace(/^\(\d+\) /, "");
    const title = this.count > 0 ? `(${this.count}) ${plain}` : plain;
    if (document.title !== title) document.title = title;
    const link = document.querySelector("link[rel~=icon]");
    if (!link) return;
    const href = link.getAttribute("href");
    if (!href.startsWith("data:image/svg")) this.plain = href;
    const wanted = this.count > 0 ? icon(this.count) : (this.plain ?? href);
    if (href !== wanted) link.setAttribute("href", wanted);
  }

  stop() {
    this.watcher.disconnect();
    this.count = 0;
    this.draw();
  }
}
