// Who is signed in, from where and since when, with the way out: a line that every page keeps at its foot.

import { element, write } from "../gatehouse.shared/dom.js";
import { clock, here, moment } from "../gatehouse.shared/formats.js";
import { signingOut } from "./away.js";

export class Person {
  constructor() {
    this.root = element("div", "bar");
    this.root.setAttribute("role", "region");
    this.root.setAttribute("aria-label", "Who is signed in");
    this.name = element("span", "name");
    this.roles = element("span", "roles");
    const who = element("span", "who");
    who.append(this.name, this.roles);
    this.from = element("span", "from");
    this.clock = element("time", "clock");
    this.root.append(who, this.from, this.clock, way());
  }

  update(data) {
    this.timed = data.clock;
    this.since = data.since;
    this.where = data.from;
    write(this.name, data.name);
    write(this.roles, data.roles);
    this.roles.title = data.roles;
    this.clock.hidden = !data.clock;
    this.tick();
  }

  tick() {
    const now = Date.now() * 1_000;
    if (this.timed) write(this.clock, clock(now, here));
    write(this.from, `${this.where} · since ${moment(this.since, here, now).slice(0, -3)}`);
    this.from.title = this.from.textContent;
  }
}

/** A form of its own, so that signing out works whatever else on the page does not. */
function way() {
  const form = element("form");
  form.method = "post";
  form.action = "/sign-out";
  form.addEventListener("submit", signingOut);
  form.append(element("button", "out", "Sign out"));
  return form;
}
