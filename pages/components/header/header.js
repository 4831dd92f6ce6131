// The frame of every page: which sites, search, what needs me, my settings, who I am; and a sign of life (the
// session goes idle unless a person touches the page).

import { element } from "../gatehouse.shared/dom.js";
import { covered } from "../gatehouse.shared/keys.js";
import { standing } from "../gatehouse.shared/standing.js";
import { Away, leave } from "./away.js";
import { Bell } from "./bell.js";
import { Help } from "./help.js";
import { Keys } from "./keys.js";
import { Menu } from "./menu.js";
import { Person } from "./person.js";
import { Search } from "./search.js";
import { Sites } from "./sites.js";
import { Theme } from "./theme.js";
import { Tour } from "./tour.js";

const INPUT = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];
const TOLD_EVERY = 60_000;
const ALL = "*";
const DIALOG = "[data-testid=stDialog]";
const OPEN_PAGES = "[data-testid=stSidebar][data-collapsed=false] [data-testid=stSidebarCollapseButton] button";

class Header {
  constructor(parent) {
    this.root = element("div", "shell");
    this.sites = new Sites((wanted) => this.tell("sites", wanted.join(",") || ALL));
    this.search = new Search();
    this.bell = new Bell();
    this.person = new Person();
    this.away = new Away();
    this.theme = new Theme(this.root);
    this.tour = new Tour(this.root);
    const acts = {
      "/": () => this.search.focus(),
      "?": () => this.overview(),
      s: () => this.sites.opener.hidden || this.sites.opener.click(),
      n: () => this.bell.root.hidden || this.bell.opener.click(),
    };
    this.keys = new Keys(acts, () => this.help.root.open || covered() || document.querySelector(DIALOG) !== null);
    this.help = new Help(this.keys);
    const tour = () => this.tour.begin({ focus: true });
    this.menu = new Menu({ theme: this.theme, tour, help: () => this.overview() });
    this.build(parent);
    this.listen();
  }

  build(parent) {
    const tools = element("div", "tools");
    tools.append(this.sites.root, this.search.root, this.bell.root, this.menu.root);
    this.root.append(tools, this.person.root, this.away.root, this.tour.root, this.help.root);
    parent.append(this.root);
  }

  listen() {
    this.input = () => this.touched();
    for (const kind of INPUT) addEventListener(kind, this.input, { passive: true, capture: true });
    this.timer = setInterval(() => this.tick(), 500);
    this.told = Date.now();
  }

  update(data, tell) {
    this.tell = tell;
    if (this.data?.title !== data.title) fold();
    this.data = data;
    this.person.update(data);
    this.sites.update(data.sites, data.chosen);
    this.search.update(data);
    this.bell.update({ watched: data.watched, speaks: data.clock, narrowed: data.chosen.length > 0 });
    this.keys.update(data.pages);
    this.theme.update(data.theme, ["/", ...data.pages.map((one) => `/${one.path}`)]);
    this.tour.offer(data.tour);
    this.tick();
  }

  overview() {
    for (const part of [this.sites, this.bell, this.menu]) part.panel.close();
    this.help.open(this.data.pages, this.data.title, this.data.keys);
  }

  touched() {
    if (Date.now() - this.told < TOLD_EVERY) return;
    this.told = Date.now();
    this.tell("input", this.told);
  }

  tick() {
    if (!this.root.isConnected) return;
    this.person.tick();
    if (this.data?.clock) this.away.look(this.data.sign_in);
    else this.away.mark("");
  }

  stop() {
    for (const kind of INPUT) removeEventListener(kind, this.input, { capture: true });
    clearInterval(this.timer);
    for (const part of [this.keys, this.bell, this.theme, this.tour]) part.stop();
    this.away.mark("");
    this.root.remove();
  }
}

/** On a narrow screen the pages' names cover the page that was chosen from them. */
function fold() {
  if (matchMedia("(width <= 48rem)").matches) document.querySelector(OPEN_PAGES)?.click();
}

const frame = standing((parent) => new Header(parent));

/** With `leave` it only goes there. */
export default function header(component) {
  if (!component.data.leave) return frame(component);
  leave(component.data.leave);
  return undefined;
}
