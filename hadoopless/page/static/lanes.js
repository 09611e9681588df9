"use strict";
// The lanes: a row for each slot of a worker, a bar for each attempt, and density where bars would
// be too many. Failures, backups, lost work and the longest attempts are drawn in any case.
{
  const MOST_BARS = 2000;
  const SLOWEST = 200;
  const AXIS = 22;
  const SHADES = 32;
  const EMPTY = { began: [], ended: [], reduce: [] };
  const CLOSEST = 0.002; // seconds across the whole width

  class Lanes {
    constructor(store, parent) {
      this.store = store;
      this.view = null; // null: all of the job
      this.picked = -1;
      this.path = new Set();
      this.always = [];
      this.packed = [];
      this.legend = page.make("div", { class: "legend" });
      parent.append(this.legend, this.buttons());
      this.drawing = new page.Drawing(
        parent,
        "Lanes of workers. Arrow keys go from attempt to attempt, plus and minus zoom, Home shows all.",
        "lanes-words",
      );
      this.table = attemptsTable(store);
      parent.append(this.table.element);
      this.density = page.make("canvas");
      this.redraw = page.onceAFrame(() => this.draw());
      this.think = page.sparing(() => this.recompute(), 500);
      this.listen();
      page.onWidth(parent, (width) => {
        this.width = width;
        this.redraw();
      });
      page.onTheme(() => {
        this.patterns = null;
        this.drawLegend();
        this.redraw();
      });
      store.onChange(() => {
        this.think();
        this.redraw();
        if (this.store.rows < MOST_BARS) this.table.draw();
      });
    }

    // What takes a look at all attempts: the path, and those that are always drawn.
    recompute() {
      const store = this.store;
      this.path = new Set(page.criticalPath(store));
      const wanted = new Set(page.longest(store, SLOWEST));
      for (let row = 0; row < store.rows; row++) if (page.isNotable(store, row)) wanted.add(row);
      this.always = [...wanted];
      this.barrier = store.barrier;
      // The attempts of a lane one after the other: a processor reads them ten times as fast.
      this.packed = store.byLane.map((rows) => ({
        began: Float64Array.from(rows, (row) => store.began[row]),
        ended: Float64Array.from(rows, (row) =>
          store.took[row] < 0 ? Infinity : store.began[row] + store.took[row],
        ),
        reduce: Uint8Array.from(rows, (row) => store.reduce[row]),
      }));
      this.drawLegend();
      this.redraw();
    }

    buttons() {
      const button = (label, work) => {
        const made = page.make("button", { type: "button" }, label);
        made.addEventListener("click", work);
        return made;
      };
      return page.make(
        "div", { class: "tools" },
        button("Zoom in", () => this.zoom(0.5)),
        button("Zoom out", () => this.zoom(2)),
        button("Show all", () => this.showAll()),
        page.make("span", { class: "quiet hint" }, "Ctrl and wheel zoom, drag to zoom into a stretch, Shift and drag to move"),
      );
    }

    drawLegend() {
      const store = this.store;
      const seen = new Set();
      for (const row of this.always) {
        if (store.backup[row]) seen.add("backup");
        if (store.state[row] > page.DONE) seen.add(store.state[row]);
      }
      const entry = (kind, word, letter = "") =>
        page.make("span", {}, page.make("i", { class: `key ${kind}`, "aria-hidden": "true" }, letter), word);
      const shown = [entry("map", "map")];
      if (store.clock.reduces) shown.push(entry("reduce", "reduce"));
      if (seen.has("backup")) shown.push(entry("backup", "backup"));
      page.STATES.forEach((state, code) => {
        if (seen.has(code)) shown.push(entry(state.colour, state.word, state.letter));
      });
      shown.push(entry("critical", "critical path"));
      this.legend.replaceChildren(...shown);
    }

    get left() {
      return this.width < 560 ? 58 : 128;
    }

    range() {
      const end = Math.max(0.001, this.store.now);
      return this.view ?? [0, end * 1.005];
    }

    // Horizontal places.
    place(time) {
      const [from, to] = this.range();
      return this.left + ((time - from) / (to - from)) * (this.width - this.left);
    }

    timeAt(x) {
      const [from, to] = this.range();
      return from + ((x - this.left) / (this.width - this.left)) * (to - from);
    }

    // The lanes in the order in which they are drawn: by worker, then by slot.
    order() {
      const lanes = this.store.workers.lanes;
      if (this.ordered?.length === lanes.length && this.orderedFor === lanes) return this.ordered;
      this.orderedFor = lanes;
      const numeric = { numeric: true };
      this.ordered = lanes.map((_, lane) => lane).sort((one, other) => {
        const [first, slot] = lanes[one];
        const [second, otherSlot] = lanes[other];
        return first.localeCompare(second, "en", numeric) || slot - otherSlot;
      });
      this.rank = [];
      this.ordered.forEach((lane, at) => (this.rank[lane] = at));
      return this.ordered;
    }

    // The first place in a lane's rows whose attempt ends after `time`.
    firstAfter(rows, time) {
      let low = 0;
      let high = rows.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.store.endOf(rows[middle]) <= time) low = middle + 1;
        else high = middle;
      }
      return low;
    }

    draw() {
      if (!this.width) return;
      const lanes = this.order();
      const store = this.store;
      this.step = Math.max(1.5, Math.min(24, 460 / Math.max(1, lanes.length)));
      const height = Math.ceil(Math.max(1, lanes.length) * this.step) + AXIS + 4;
      const context = this.drawing.begin(this.width, height);
      const [from, to] = this.range();
      const spans = lanes.map((lane) => {
        const rows = store.byLane[lane] ?? [];
        const first = this.firstAfter(rows, from);
        let end = first;
        let high = rows.length;
        while (end < high) {
          const middle = (end + high) >> 1;
          if (store.startOf(rows[middle]) < to) end = middle + 1;
          else high = middle;
        }
        return [rows, first, end];
      });
      const inView = spans.reduce((sum, [, first, end]) => sum + end - first, 0);
      this.drawAxis(context, height - AXIS, from, to);
      this.drawNames(context, lanes);
      context.save();
      context.beginPath();
      context.rect(this.left, 0, this.width - this.left, height);
      context.clip();
      let singly = inView;
      if (inView <= MOST_BARS) {
        spans.forEach(([rows, first, end], at) => {
          for (let number = first; number < end; number++) this.bar(context, rows[number], at);
        });
      } else {
        this.drawDensity(context, spans, from, to);
        singly = 0;
        for (const row of this.always) {
          if (store.endOf(row) < from || store.startOf(row) > to) continue;
          this.bar(context, row, this.rank[store.lane[row]]);
          singly++;
        }
      }
      this.drawPath(context, from, to);
      this.drawBarrier(context, height - AXIS);
      this.drawLost(context);
      if (this.dragged) this.drawDragged(context, height - AXIS);
      context.restore();
      this.tellCount(inView, singly);
    }

    tellCount(inView, singly) {
      const all = page.count(this.store.rows);
      let text = `${all} of ${all} attempts`;
      if (inView < this.store.rows) text += `, ${page.count(inView)} in this stretch`;
      if (singly < inView) {
        text += `; shades are density, ${page.count(singly)} drawn singly: failures, backups, lost work and the ${SLOWEST} longest`;
      }
      if (this.drawing.count.textContent !== text) this.drawing.count.textContent = text;
    }

    drawAxis(context, bottom, from, to) {
      const colours = page.colours;
      const [apart, found] = page.marks(from, to, (this.width - this.left) / 90, true);
      context.fillStyle = colours.quiet;
      context.strokeStyle = colours.rule;
      context.lineWidth = 1;
      context.textAlign = "center";
      context.beginPath();
      for (const at of found) {
        const x = Math.round(this.place(at)) + 0.5;
        context.moveTo(x, 0);
        context.lineTo(x, bottom + 4);
        if (x < this.width - 16) context.fillText(page.clock(at, apart), x, bottom + 13);
      }
      context.stroke();
    }

    drawNames(context, lanes) {
      context.fillStyle = page.colours.quiet;
      context.textAlign = "right";
      const every = Math.max(1, Math.ceil(12 / this.step));
      const short = this.width < 560;
      for (let at = 0; at < lanes.length; at += every) {
        let name = this.store.laneName(lanes[at]);
        if (short) name = name.replace(/^.*(?=:)/, "");
        while (name.length > 4 && context.measureText(name).width > this.left - 10) {
          name = `…${name.slice(2)}`;
        }
        context.fillText(name, this.left - 8, (at + 0.5) * this.step + 1);
      }
    }

    colourOf(row) {
      const state = page.STATES[this.store.state[row]];
      return page.colours[state.colour || (this.store.isReduce(row) ? "reduce" : "map")];
    }

    bar(context, row, at) {
      const store = this.store;
      const state = store.state[row];
      const x = this.place(store.startOf(row));
      const end = this.place(store.endOf(row));
      const gap = this.step > 6 ? 2 : this.step > 3 ? 1 : 0;
      const y = at * this.step + gap / 2;
      const height = Math.max(1, this.step - gap);
      const width = Math.max(page.isNotable(store, row) ? 2.5 : 0.75, end - x - (end - x > 4 ? 1 : 0));
      const colour = this.colourOf(row);
      const isHollow = state === page.CANCELLED || state === page.REDONE;
      context.fillStyle = colour;
      context.globalAlpha = isHollow ? 0.25 : state === page.RUNNING ? 0.55 : 1;
      context.fillRect(x, y, width, height);
      context.globalAlpha = 1;
      if (isHollow && width > 3 && height > 3) {
        context.strokeStyle = colour;
        context.lineWidth = 1;
        context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
      }
      if (store.backup[row] && width > 4) {
        context.fillStyle = this.pattern(context);
        context.fillRect(x, y, width, height);
      }
      if (state === page.RUNNING) this.openEnd(context, end, y, height, colour);
      if (height > 11) this.label(context, row, x, y, width, height, isHollow);
      else if (page.STATES[state].colour === "failed") this.cross(context, x + width / 2, y + height / 2);
      if (row === this.picked) {
        context.strokeStyle = page.colours.accent;
        context.lineWidth = 3;
        context.strokeRect(x - 1, y - 0.5, width + 2, height + 1);
      }
    }

    pattern(context) {
      this.patterns ??= page.hatched(context, page.colours.ground);
      return this.patterns;
    }

    // A running attempt has no end yet: an arrow.
    openEnd(context, x, y, height, colour) {
      context.fillStyle = colour;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + Math.min(6, height / 2), y + height / 2);
      context.lineTo(x, y + height);
      context.fill();
    }

    cross(context, x, y) {
      context.strokeStyle = page.colours.failed;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(x - 3, y - 3);
      context.lineTo(x + 3, y + 3);
      context.moveTo(x + 3, y - 3);
      context.lineTo(x - 3, y + 3);
      context.stroke();
    }

    label(context, row, x, y, width, height, isHollow) {
      const letter = page.STATES[this.store.state[row]].letter;
      const name = letter ? letter : `${this.store.index[row]}`;
      const full = letter && width > 44 ? `${letter} ${this.store.index[row]}` : name;
      if (width < 7 * full.length + 4) return;
      const seen = Math.max(x, this.left);
      context.fillStyle = isHollow ? page.colours.ink : page.colours.ground;
      context.textAlign = "left";
      context.fillText(full, seen + 4, y + height / 2 + 1);
    }

    // A row of pixels for each lane, stretched to its height: the share of time that was used.
    drawDensity(context, spans, from, to) {
      const width = Math.max(1, Math.floor(this.width - this.left));
      const maps = new Float32Array(width);
      const reduces = new Float32Array(width);
      this.density.width = width;
      this.density.height = spans.length;
      const small = this.density.getContext("2d");
      const image = small.createImageData(width, spans.length);
      const pixels = new Uint32Array(image.data.buffer);
      const palette = shades(rgb(page.colours.map), rgb(page.colours.reduce));
      // In ticks, and without calls: this is done for each attempt in each frame.
      const now = this.store.now * page.TICKS;
      const scale = width / (to - from) / page.TICKS;
      const shift = from * page.TICKS * scale;
      spans.forEach(([, first, end], lane) => {
        maps.fill(0);
        reduces.fill(0);
        const { began, ended, reduce } = this.packed[this.ordered[lane]] ?? EMPTY;
        const last = Math.min(end, began.length);
        for (let number = first; number < last; number++) {
          const start = Math.max(0, began[number] * scale - shift);
          const stop = Math.min(width, Math.min(now, ended[number]) * scale - shift);
          cover(reduce[number] ? reduces : maps, start, stop);
        }
        for (let x = 0; x < width; x++) {
          const sum = maps[x] + reduces[x];
          if (!sum) continue;
          const shade = Math.min(SHADES - 1, Math.floor(sum * SHADES));
          pixels[lane * width + x] = palette[Math.round((reduces[x] / sum) * 8) * SHADES + shade];
        }
      });
      small.putImageData(image, 0, 0);
      context.imageSmoothingEnabled = false;
      context.drawImage(this.density, this.left, 0, width, spans.length * this.step);
      const gap = this.step > 6 ? 2 : this.step > 3 ? 1 : 0;
      context.fillStyle = page.colours.raised;
      for (let lane = 0; gap && lane <= spans.length; lane++) {
        context.fillRect(this.left, lane * this.step - gap / 2, width, gap);
      }
    }

    drawPath(context, from, to) {
      const store = this.store;
      context.strokeStyle = context.fillStyle = page.colours.ink;
      context.lineWidth = this.step > 6 ? 2 : 1;
      context.beginPath();
      for (const row of this.path) {
        const [start, end] = [store.startOf(row), store.endOf(row)];
        if (end < from || start > to) continue;
        const y = (this.rank?.[store.lane[row]] ?? 0) * this.step;
        const x = this.place(start);
        const width = this.place(end) - x - 1;
        // Outlines side by side would hide the bars: short ones get a line below.
        if (width > 4) context.rect(x, y + 1, width, Math.max(1, this.step - 2));
        else context.fillRect(x, y + this.step - 2, Math.max(1, width + 1), 2);
      }
      context.stroke();
    }

    drawBarrier(context, bottom) {
      if (!this.barrier) return;
      const x = Math.round(this.place(this.barrier)) + 0.5;
      context.strokeStyle = page.colours.ink;
      context.lineWidth = 1;
      context.setLineDash([5, 4]);
      context.beginPath();
      context.moveTo(x, 0);
      context.lineTo(x, bottom);
      context.stroke();
      context.setLineDash([]);
    }

    // Where a worker was lost, its lanes have a bar across.
    drawLost(context) {
      context.fillStyle = page.colours.lost;
      for (const [worker, time] of this.store.workers.lost) {
        this.order().forEach((lane, at) => {
          if (this.store.workers.lanes[lane][0] === worker) {
            context.fillRect(this.place(time) - 1, at * this.step, 3, this.step);
          }
        });
      }
    }

    drawDragged(context, bottom) {
      const [from, to] = this.dragged;
      context.fillStyle = page.colours.accent;
      context.globalAlpha = 0.2;
      context.fillRect(Math.min(from, to), 0, Math.abs(to - from), bottom);
      context.globalAlpha = 1;
    }

    // Pointer and keys --------------------------------------------------------------------------

    listen() {
      const canvas = this.drawing.canvas;
      canvas.addEventListener(
        "wheel",
        (event) => {
          // The plain wheel scrolls the page, as everywhere, until the chart has been chosen.
          if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return;
          event.preventDefault();
          this.zoom(1.0015 ** event.deltaY, this.timeAt(this.drawing.at(event)[0]));
        },
        { passive: false },
      );
      canvas.addEventListener("pointerdown", (event) => this.begin(event));
      canvas.addEventListener("pointermove", (event) => this.move(event));
      canvas.addEventListener("pointerup", () => this.finish());
      canvas.addEventListener("pointerleave", () => this.drawing.tell(this.toldOfPicked()));
      canvas.addEventListener("dblclick", () => this.showAll());
      canvas.addEventListener("keydown", (event) => this.key(event));
      canvas.addEventListener("focus", () => this.drawing.tell(this.toldOfPicked(), true));
    }

    begin(event) {
      if (event.button !== 0 || event.pointerType === "touch") return;
      const [x] = this.drawing.at(event);
      if (x < this.left) return;
      this.drawing.canvas.setPointerCapture(event.pointerId);
      this.moves = event.shiftKey ? { x, range: this.range() } : null;
      this.dragged = event.shiftKey ? null : [x, x];
    }

    move(event) {
      const [x, y] = this.drawing.at(event);
      if (this.moves) {
        const [from, to] = this.moves.range;
        const by = ((this.moves.x - x) / (this.width - this.left)) * (to - from);
        this.show(from + by, to + by);
      } else if (this.dragged) {
        this.dragged[1] = Math.max(this.left, x);
        this.redraw();
      } else {
        const row = this.rowAt(x, y);
        this.drawing.tell(row < 0 ? this.toldOfPicked() : this.store.tellOf(row));
      }
    }

    finish() {
      if (this.dragged) {
        const [one, other] = this.dragged;
        if (Math.abs(one - other) > 5) {
          this.show(this.timeAt(Math.min(one, other)), this.timeAt(Math.max(one, other)));
        } else this.pick(this.rowAt(one, this.lastY ?? 0));
      }
      this.dragged = this.moves = null;
      this.redraw();
    }

    rowAt(x, y) {
      this.lastY = y;
      const lane = this.order()[Math.floor(y / this.step)];
      const rows = this.store.byLane[lane];
      if (!rows || x < this.left) return -1;
      const near = (this.timeAt(x + 2) - this.timeAt(x)) || 0;
      const time = this.timeAt(x);
      const row = rows[this.firstAfter(rows, time - near)];
      return row !== undefined && this.store.startOf(row) <= time + near ? row : -1;
    }

    key(event) {
      const [from, to] = this.range();
      const works = {
        "+": () => this.zoom(0.5),
        "=": () => this.zoom(0.5),
        "-": () => this.zoom(2),
        Home: () => this.showAll(),
        0: () => this.showAll(),
        Escape: () => this.pick(-1),
        PageUp: () => this.show(from - (to - from) / 2, to - (to - from) / 2),
        PageDown: () => this.show(from + (to - from) / 2, to + (to - from) / 2),
        ArrowLeft: () => this.step_(0, -1),
        ArrowRight: () => this.step_(0, 1),
        ArrowUp: () => this.step_(-1, 0),
        ArrowDown: () => this.step_(1, 0),
      };
      const work = works[event.key];
      if (!work || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      work();
    }

    // Goes to the next attempt of the lane, or to the one at the same time in the next lane.
    step_(lanes, attempts) {
      const order = this.order();
      if (!order.length) return;
      if (this.picked < 0) {
        const rows = this.store.byLane[order[0]] ?? [];
        this.pick(rows[this.firstAfter(rows, this.range()[0])] ?? -1);
        return;
      }
      const lane = this.store.lane[this.picked];
      if (attempts) {
        const rows = this.store.byLane[lane];
        const next = rows[this.firstAfter(rows, this.store.startOf(this.picked)) + attempts];
        if (next !== undefined) this.pick(next);
        return;
      }
      const rows = this.store.byLane[order[this.rank[lane] + lanes]];
      if (!rows) return;
      const at = this.firstAfter(rows, this.store.startOf(this.picked));
      this.pick(rows[Math.min(at, rows.length - 1)]);
    }

    pick(row) {
      this.picked = row;
      const [from, to] = this.range();
      if (row >= 0 && this.view) {
        const start = this.store.startOf(row);
        if (start < from || start > to) this.show(start - (to - from) / 2, start + (to - from) / 2);
      }
      this.drawing.tell(this.toldOfPicked(), true);
      this.redraw();
    }

    toldOfPicked() {
      return this.picked >= 0 ? this.store.tellOf(this.picked) : "";
    }

    zoom(factor, around) {
      const [from, to] = this.range();
      const middle = around ?? (this.picked >= 0 ? this.store.startOf(this.picked) : (from + to) / 2);
      this.show(middle - (middle - from) * factor, middle + (to - middle) * factor);
    }

    show(from, to) {
      const end = Math.max(0.001, this.store.now) * 1.005;
      const length = Math.min(end, Math.max(CLOSEST, to - from));
      if (length >= end) {
        this.showAll();
        return;
      }
      const start = Math.max(0, Math.min(from, end - length));
      this.view = [start, start + length];
      this.redraw();
    }

    showAll() {
      this.view = null;
      this.redraw();
    }
  }

  // Adds to each pixel between two places the part of it that is covered.
  const cover = (line, start, stop) => {
    const first = Math.floor(start);
    const last = Math.floor(stop);
    if (first >= line.length || stop <= start) return;
    if (first === last) {
      line[first] += stop - start;
      return;
    }
    line[first] += first + 1 - start;
    for (let x = first + 1; x < last; x++) line[x] = 1;
    if (last < line.length) line[last] += stop - last;
  };

  // Pixels for parts of reduces in eighths, each in all shades.
  const shades = (map, reduce) => {
    const bytes = new Uint8ClampedArray(4 * 9 * SHADES);
    for (let part = 0; part <= 8; part++) {
      for (let shade = 0; shade < SHADES; shade++) {
        const at = 4 * (part * SHADES + shade);
        for (let one = 0; one < 3; one++) bytes[at + one] = map[one] + (part / 8) * (reduce[one] - map[one]);
        bytes[at + 3] = 51 + (204 * (shade + 1)) / SHADES;
      }
    }
    return new Uint32Array(bytes.buffer);
  };

  const rgb = (colour) => {
    const hex = colour.replace("#", "");
    return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
  };

  const attemptsTable = (store) => {
    const bytes = (name) => ({ value: (row) => store[name][row], show: (n) => (n ? page.size(n) : ""), numeric: true });
    const amount = (name) => ({ value: (row) => store[name][row], show: (n) => (n ? page.count(n) : ""), numeric: true });
    const time = (name) => ({
      value: (row) => store[name][row] / 1000,
      show: (n) => (n ? page.seconds(n) : ""),
      numeric: true,
    });
    return new page.Table(
      "Attempts",
      [
        { head: "Attempt", value: (row) => row, show: (row) => store.nameOf(row) },
        { head: "State", value: (row) => page.STATES[store.state[row]].word },
        { head: "Backup", value: (row) => store.backup[row], show: (is) => (is ? "yes" : "") },
        { head: "Slot", value: (row) => store.laneName(store.lane[row]) },
        { head: "Began", value: (row) => store.startOf(row), show: page.seconds, numeric: true },
        { head: "Time", value: (row) => store.lengthOf(row), show: page.seconds, numeric: true },
        { head: "Read", ...bytes("inputBytes") },
        { head: "Records", ...amount("inputRecords") },
        { head: "Written", ...bytes("outputBytes") },
        { head: "Spilled", ...bytes("spilledBytes") },
        { head: "CPU", ...time("programCpu") },
        { head: "Memory", ...bytes("memory") },
        { head: "Input", value: (row) => store.inputs[row] ?? "" },
      ],
      () => Array.from({ length: store.rows }, (_, row) => row),
    );
  };

  page.Lanes = Lanes;
}
