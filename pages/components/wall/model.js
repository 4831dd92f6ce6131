// What the stream has told, as plain maps: no DOM, no clock.

const byId = (rows, key) => new Map(rows.map((row) => [row[key], row]));
const callKey = (call) => `${call.device} ${call.call}`;

export class Model {
  constructor() {
    this.sites = new Map();
    this.doors = new Map();
    this.calls = new Map();
    this.gaps = new Map();
    this.head = 0;
    this.newest = 0;
  }

  /** Take the whole state; gives the records not seen before. */
  snapshot(frame) {
    this.sites = byId(frame.sites, "id");
    this.doors = byId(frame.doors, "door");
    this.calls = new Map(frame.calls.map((call) => [callKey(call), call]));
    this.gaps = byId(frame.gaps, "id");
    if (frame.reset) this.newest = 0;
    return this.#fresh(frame);
  }

  /** Take what changed; gives the records not seen before. */
  records(frame) {
    for (const tile of frame.doors ?? []) this.doors.set(tile.door, tile);
    for (const call of frame.calls ?? []) this.calls.set(callKey(call), call);
    for (const gap of frame.gaps ?? []) this.gaps.set(gap.id, gap);
    return this.#fresh(frame);
  }

  beat(frame) {
    for (const [door, staleAt] of Object.entries(frame.heard ?? {})) {
      const tile = this.doors.get(door);
      if (tile) tile.stale_at = staleAt;
    }
    this.head = Math.max(this.head, frame.id);
  }

  /** The records above the newest seen: what comes twice is drawn once. */
  #fresh(frame) {
    const fresh = (frame.records ?? []).filter((record) => record.id > this.newest);
    if (fresh.length > 0) this.newest = fresh.at(-1).id;
    this.head = frame.type === "snapshot" ? frame.id : Math.max(this.head, frame.id);
    return fresh;
  }
}
