// Plays the stream to the wall inside its own page: what is measured is the wall, and neither a network nor a
// second process on the same cores. Added before the page's own scripts.

(() => {
  const sockets = [];
  window.WebSocket = class extends WebSocket {
    constructor(...all) {
      super(...all);
      sockets.push(this);
    }
  };

  const DOORS = 300;
  const SITES = ["berlin", "newyork", "singapore"];
  const KINDS = ["access.granted", "door.opened", "door.closed", "access.denied", "exit.requested"];
  let id = 1_000_000;

  const site = (door) => SITES[door % 3];
  const base = (door) => ({ device: `dev${door}`, door: `d${door}`, site: site(door) });
  const told = (now) => ({ id, at: now, received: now });

  function tile(door, now, values) {
    const state = { sensor: true, position: "closed", lock: "locked", mode: "normal", alarm: "none" };
    const lives = { since: now, online: true, stale_at: now + 90e6, changed: id };
    return { ...base(door), name: `Door ${door}`, level: `Level ${door % 7}`, ...state, ...lives, ...values };
  }

  /** A record, and the door, call or gap that it changes. Alarms, calls and gaps come, and most of them go. */
  function one(frame, now) {
    id += 1;
    const door = (id * 7) % DOORS;
    const kind = KINDS[id % KINDS.length];
    let record = { ...told(now), ...base(door), kind, label: `Event ${id}`, severity: "info" };
    record.credential = `****${id % 10_000}`;
    if (kind === "door.opened") frame.doors.push(tile(door, now, { position: "open" }));
    if (kind === "door.closed") frame.doors.push(tile(door, now));
    if (id % 500 < 2) {
      const alarm = id % 500 === 0 ? "forced" : "none";
      record = { ...record, ...base(11), kind: "door.forced_open", severity: "alarm" };
      frame.doors.push(tile(11, now, { alarm }));
    }
    if (id % 200 < 2) {
      const state = id % 200 === 0 ? "ringing" : "ended";
      record = { ...record, ...base(8), kind: `call.${state}` };
      // One in ten is never ended, as when its device dies.
      const lost = id % 2_000 === 1;
      const call = { call: `c${Math.floor(id / 200)}`, state, started: now, changed: now };
      if (!lost) frame.calls.push({ ...base(8), ...call });
    }
    if (id % 1_000 < 2) {
      const gap = { id: id - (id % 1_000), ...base(5), missing: 4, opened: now };
      record = { ...record, kind: id % 1_000 === 0 ? "feed.gap" : "feed.gap_filled", missing: 4 };
      frame.gaps.push(id % 1_000 === 0 ? gap : { ...gap, closed: "filled" });
    }
    frame.records.push(record);
  }

  function send(count) {
    const now = Date.now() * 1000;
    const frame = { type: "records", records: [], doors: [], calls: [], gaps: [] };
    for (let at = 0; at < count; at += 1) one(frame, now);
    frame.id = id;
    sockets.at(-1).onmessage({ data: JSON.stringify(frame) });
  }

  window.pour = {
    /** As many as the page takes, in frames as the server sends them; gives the last id. */
    fast: (count) =>
      new Promise((done) => {
        let left = count;
        const turn = () => {
          for (let at = 0; at < 5 && left > 0; at += 1, left -= 20) send(Math.min(20, left));
          if (left > 0) setTimeout(turn);
          else requestAnimationFrame(() => setTimeout(() => done(id), 300));
        };
        turn();
      }),
    /** So many a second for so long; gives the milliseconds between one frame of the screen and the next. */
    steady: (perSecond, seconds) =>
      new Promise((done) => {
        const began = performance.now();
        const frames = [];
        let last = began;
        let sent = 0;
        const timer = setInterval(() => {
          const due = Math.floor(((performance.now() - began) / 1000) * perSecond) - sent;
          if (due > 0) send(due);
          sent += Math.max(0, due);
        }, 20);
        const look = (at) => {
          frames.push(at - last);
          last = at;
          if (at - began < seconds * 1000) requestAnimationFrame(look);
          else {
            clearInterval(timer);
            done(frames.slice(2));
          }
        };
        requestAnimationFrame(look);
      }),
  };
})();
