"use strict";
// The job as the charts see it: columns of attempts, which grow, and parts that are replaced.
{
  const COLUMNS = [
    "reduce", "index", "number", "lane", "began", "backup", "took", "state", "failure",
    "inputBytes", "inputRecords", "outputBytes", "outputRecords", "fetchedBytes", "spilledBytes",
    "memory", "skipped", "groups", "programCpu", "ownCpu", "programTime", "fetchTime",
  ];

  class Store {
    constructor() {
      this.listeners = [];
      this.clear();
    }

    clear() {
      this.rows = 0;
      this.room = 0;
      this.inputs = [];
      this.clock = { now: 0, status: "running", maps: 0, reduces: 0 };
      this.heard = performance.now();
      this.workers = { lanes: [], lost: [] };
      this.loads = {};
      // The rows of each lane, in the order of their starts.
      this.byLane = [];
      for (const name of COLUMNS) this[name] = new Float64Array(0);
    }

    onChange(listener) {
      this.listeners.push(listener);
    }

    tell() {
      for (const listener of this.listeners) listener();
    }

    // Takes a whole block in place of all that was known.
    load(head) {
      this.clear();
      this.rows = this.room = head.rows;
      for (const name of COLUMNS) this[name] = head.columns[name] ?? new Float64Array(head.rows);
      this.inputs = head.inputs;
      for (let row = 0; row < this.rows; row++) this.place(row);
      this.takeParts(head.parts);
      this.tell();
    }

    // Takes a change: rows that are new or other than before, and parts.
    change(told) {
      const found = told.rows;
      if (found) {
        this.grow(Math.max(this.rows, ...found.row.map((row) => row + 1)));
        found.row.forEach((row, number) => {
          for (const name of COLUMNS) this[name][row] = found[name][number];
          this.inputs[row] = found.input[number];
        });
        for (const row of found.row) {
          const lane = this.byLane[this.lane[row]];
          if (!lane || lane[lane.length - 1] < row) this.place(row);
        }
      }
      this.takeParts({ ...told.parts, clock: told.clock });
      this.tell();
    }

    takeParts(parts) {
      for (const name of ["workers", "loads", "clock"]) if (parts[name]) this[name] = parts[name];
      if (parts.clock) this.heard = performance.now();
    }

    grow(rows) {
      if (rows > this.room) {
        this.room = Math.max(256, 2 * rows);
        for (const name of COLUMNS) {
          const larger = new Float64Array(this.room);
          larger.set(this[name].subarray(0, this.rows));
          this[name] = larger;
        }
      }
      this.rows = rows;
    }

    place(row) {
      (this.byLane[this.lane[row]] ??= []).push(row);
    }

    // The time of the job now, in seconds; it goes on between two changes.
    get now() {
      const passed = this.clock.status === "running" ? (performance.now() - this.heard) / 1000 : 0;
      return this.clock.now + passed;
    }

    isReduce(row) {
      return this.reduce[row] === 1;
    }

    startOf(row) {
      return this.began[row] / page.TICKS;
    }

    // Seconds, so far for one that runs.
    lengthOf(row) {
      const took = this.took[row];
      return took < 0 ? Math.max(0, this.now - this.startOf(row)) : took / page.TICKS;
    }

    endOf(row) {
      return this.startOf(row) + this.lengthOf(row);
    }

    nameOf(row) {
      return `${this.isReduce(row) ? "reduce" : "map"}-${this.index[row]}-${this.number[row]}`;
    }

    // The lane as people read it: worker and, where there are several, slot.
    laneName(lane) {
      const [worker, slot] = this.workers.lanes[lane] ?? ["?", 0];
      const short = worker.replace(/^https?:\/\//, "");
      return slot ? `${short} · ${slot + 1}` : short;
    }

    // The end of the last map that counts, once all maps are done; 0 before.
    get barrier() {
      let last = 0;
      let done = 0;
      for (let row = 0; row < this.rows; row++) {
        if (this.reduce[row] === 0 && this.state[row] === page.DONE) {
          done++;
          last = Math.max(last, this.began[row] + this.took[row]);
        }
      }
      return done >= this.clock.maps && this.clock.reduces ? last / page.TICKS : 0;
    }

    // A sentence about an attempt.
    tellOf(row) {
      const state = this.state[row];
      const words = [
        `${this.nameOf(row)}${this.backup[row] ? " (backup)" : ""}: ${page.STATES[state].word}`,
        `${page.seconds(this.lengthOf(row))} from ${page.seconds(this.startOf(row))} on`,
        this.laneName(this.lane[row]),
      ];
      if (this.inputBytes[row]) words.push(`reads ${page.size(this.inputBytes[row])}`);
      if (this.inputRecords[row]) words.push(`${page.count(this.inputRecords[row])} records`);
      if (this.outputBytes[row]) words.push(`writes ${page.size(this.outputBytes[row])}`);
      if (this.programCpu[row]) words.push(`CPU ${page.seconds(this.programCpu[row] / 1000)}`);
      if (this.spilledBytes[row]) words.push(`spills ${page.size(this.spilledBytes[row])}`);
      if (this.inputs[row]) words.push(this.inputs[row]);
      return words.join(" · ");
    }
  }

  // The rows of the longest attempts, `most` of them, the longest first.
  page.longest = (store, most) => {
    const lengths = new Float64Array(store.rows);
    for (let row = 0; row < store.rows; row++) lengths[row] = store.took[row];
    const bound = lengths.slice().sort()[Math.max(0, store.rows - most)] ?? 0;
    const found = [];
    for (let row = 0; row < store.rows; row++) if (lengths[row] >= bound) found.push(row);
    return found.sort((one, other) => lengths[other] - lengths[one]).slice(0, most);
  };

  // True for attempts that are always drawn: failures, backups, lost work.
  page.isNotable = (store, row) => store.state[row] > page.DONE || store.backup[row] === 1;

  page.store = new Store();
}
