// The shapes that say what a colour says, for eyes that do not see the colour.

import { shape } from "../gatehouse.shared/dom.js";

const FILL = { fill: "currentColor" };
const LINE = { fill: "none", stroke: "currentColor", "stroke-width": "2.5", "stroke-linejoin": "round" };

const SHAPES = {
  diamond: [["path", { d: "M12 1 23 12 12 23 1 12Z", ...FILL }]],
  triangle: [["path", { d: "M12 2 23 22H1Z", ...FILL }]],
  half: [
    ["circle", { cx: 12, cy: 12, r: 9, ...LINE }],
    ["path", { d: "M12 3a9 9 0 0 1 0 18Z", ...FILL }],
  ],
  ring: [["circle", { cx: 12, cy: 12, r: 9, ...LINE }]],
  square: [["rect", { x: 4, y: 4, width: 16, height: 16, rx: 1.5, ...LINE }]],
  bar: [
    ["rect", { x: 4, y: 4, width: 16, height: 16, rx: 1.5, ...LINE }],
    ["path", { d: "M7 10.5h10v3H7Z", ...FILL }],
  ],
  phone: [
    [
      "path",
      {
        d: "M6.6 10.8a15 15 0 0 0 6.6 6.6l2.2-2.2a1 1 0 0 1 1-.25 11.4 11.4 0 0 0 3.6.57 1 1 0 0 1 1 1V20a1 1 0 0 1-1 1A17 17 0 0 1 3 4a1 1 0 0 1 1-1h3.5a1 1 0 0 1 1 1 11.4 11.4 0 0 0 .57 3.6 1 1 0 0 1-.25 1Z",
        ...FILL,
      },
    ],
  ],
  question: [
    ["path", { d: "M7.5 8.5a4.5 4.5 0 1 1 6.3 4.1c-1.2.6-1.8 1.3-1.8 2.9", ...LINE, "stroke-linecap": "round" }],
    ["circle", { cx: 12, cy: 20, r: 1.8, ...FILL }],
  ],
  dot: [["circle", { cx: 12, cy: 12, r: 4, ...FILL }]],
  disc: [["circle", { cx: 12, cy: 12, r: 8, ...FILL }]],
  cut: [
    ["circle", { cx: 12, cy: 12, r: 9, ...LINE }],
    ["path", { d: "M5.5 5.5 18.5 18.5", ...LINE }],
  ],
  dash: [["path", { d: "M5 10.5h14v3H5Z", ...FILL }]],
  gap: [
    ["rect", { x: 1, y: 8, width: 6, height: 8, ...FILL }],
    ["rect", { x: 17, y: 8, width: 6, height: 8, ...FILL }],
    ["path", { d: "M9 12h6", ...LINE, "stroke-dasharray": "1.5 2" }],
  ],
};

/** Draw a sign into a fresh SVG element; it is decoration beside its word. */
export function sign(name) {
  const svg = shape("svg", { viewBox: "0 0 24 24", class: "sign", "aria-hidden": "true" });
  show(svg, name);
  return svg;
}

/** Change the shape of a sign that is drawn already. */
export function show(svg, name) {
  if (svg.shape === name) return;
  svg.shape = name;
  svg.dataset.shape = name;
  svg.replaceChildren(...SHAPES[name].map(([tag, attributes]) => shape(tag, attributes)));
}
