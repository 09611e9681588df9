"use strict";
// Bytes against seconds, a point for each attempt, both by powers of ten. Skew goes to the right,
// slow machines go up.
{
  const MOST_POINTS = 2000;
  const SLOWEST = 200;
  const CELL = 5;
  const HEIGHT = 300;
  const [LEFT, BOTTOM, TOP, RIGHT] = [58, 30, 8, 14];

  class Scatter {
    constructor(store, parent) {
      this.store = store;
      this.worker = "";
      this.choice = page.make("select", { id: "scatter-worker" });
      this.choice.addEventListener("change", () => {
        this.worker = this.choice.value;
        this.redraw();
      });
      const label = page.make("label", { for: "scatter-worker" }, "Highlight worker ");
      parent.append(
        page.make(
          "div", { class: "tools" }, label, this.choice,
          page.make(
            "span", { class: "legend" },
            page.make("span", {}, page.make("i", { class: "key map dot", "aria-hidden": "true" }), "map"),
            page.make("span", {}, page.make("i", { class: "key reduce square", "aria-hidden": "true" }), "reduce"),
            page.make("span", {}, page.make("i", { class: "key failed", "aria-hidden": "true" }, "✕"), "failed"),
          ),
        ),
      );
      this.drawing = new page.Drawing(
        parent,
        "Bytes against seconds of attempts. Left and right arrow keys go through the longest.",
        "scatter-words",
      );
      this.slowest = [];
      this.at = -1;
      this.redraw = page.onceAFrame(() => this.draw());
      const think = page.sparing(() => {
        this.slowest = page.longest(store, SLOWEST);
        this.offer();
        this.redraw();
      }, 1000);
      store.onChange(think);
      page.onTheme(this.redraw);
      page.onWidth(parent, (width) => {
        this.width = width;
        this.redraw();
      });
      const canvas = this.drawing.canvas;
      canvas.addEventListener("pointermove", (event) => this.hover(...this.drawing.at(event)));
      canvas.addEventListener("keydown", (event) => this.key(event));
      parent.append(workersTable(store).element);
    }

    offer() {
      const names = [...new Set(this.store.workers.lanes.map(([worker]) => worker))];
      if (this.choice.options.length === names.length + 1) return;
      this.choice.replaceChildren(
        page.make("option", { value: "" }, "none"),
        ...names.map((name) => page.make("option", { value: name }, name)),
      );
      this.choice.value = this.worker;
    }

    bytesOf(row) {
      return this.store.inputBytes[row];
    }

    isShown(row) {
      return this.bytesOf(row) > 0 && this.store.took[row] >= 0;
    }

    draw() {
      if (!this.width) return;
      const store = this.store;
      const context = this.drawing.begin(this.width, HEIGHT);
      const limits = { bytes: [Infinity, 0], time: [Infinity, 0] };
      let shown = 0;
      for (let row = 0; row < store.rows; row++) {
        if (!this.isShown(row)) continue;
        shown++;
        limits.bytes[0] = Math.min(limits.bytes[0], this.bytesOf(row));
        limits.bytes[1] = Math.max(limits.bytes[1], this.bytesOf(row));
        const took = Math.max(0.0005, store.took[row] / page.TICKS);
        limits.time[0] = Math.min(limits.time[0], took);
        limits.time[1] = Math.max(limits.time[1], took);
      }
      if (!shown) {
        this.drawing.count.textContent = "No attempt that has ended tells its bytes yet.";
        return;
      }
      this.x = axis(limits.bytes, LEFT, this.width - RIGHT);
      this.y = axis(limits.time, HEIGHT - BOTTOM, TOP);
      this.drawAxes(context);
      if (shown <= MOST_POINTS) {
        for (let row = 0; row < store.rows; row++) if (this.isShown(row)) this.point(context, row);
      } else this.drawDensity(context);
      if (this.at >= 0) this.ring(context, this.slowest[this.at]);
      const all = page.count(store.rows);
      this.drawing.count.textContent =
        `${page.count(shown)} of ${all} attempts` +
        (shown < store.rows ? "; the others tell no bytes, or run" : "");
    }

    drawAxes(context) {
      const colours = page.colours;
      context.strokeStyle = colours.rule;
      context.fillStyle = colours.quiet;
      context.lineWidth = 1;
      context.textAlign = "center";
      context.beginPath();
      for (const value of powers(this.x, 1024, [1, 4, 16, 64, 256])) {
        const at = Math.round(this.x.place(value)) + 0.5;
        context.moveTo(at, TOP);
        context.lineTo(at, HEIGHT - BOTTOM);
        context.fillText(page.size(value), at, HEIGHT - BOTTOM + 14);
      }
      context.textAlign = "right";
      for (const value of powers(this.y, 10, [1, 3])) {
        const at = Math.round(this.y.place(value)) + 0.5;
        context.moveTo(LEFT, at);
        context.lineTo(this.width - RIGHT, at);
        context.fillText(page.seconds(value), LEFT - 6, at);
      }
      context.stroke();
    }

    placeOf(row) {
      const took = Math.max(0.0005, this.store.took[row] / page.TICKS);
      return [this.x.place(this.bytesOf(row)), this.y.place(took)];
    }

    point(context, row) {
      const store = this.store;
      const [x, y] = this.placeOf(row);
      const isOther = this.worker && store.workers.lanes[store.lane[row]]?.[0] !== this.worker;
      const failed = page.STATES[store.state[row]].colour === "failed";
      context.globalAlpha = isOther ? 0.12 : 0.75;
      context.fillStyle = context.strokeStyle = page.colours[
        failed ? "failed" : store.isReduce(row) ? "reduce" : "map"
      ];
      context.beginPath();
      if (failed) {
        context.lineWidth = 1.75;
        context.moveTo(x - 3.5, y - 3.5);
        context.lineTo(x + 3.5, y + 3.5);
        context.moveTo(x + 3.5, y - 3.5);
        context.lineTo(x - 3.5, y + 3.5);
        context.stroke();
      } else if (store.isReduce(row)) context.fillRect(x - 3, y - 3, 6, 6);
      else {
        context.arc(x, y, 3, 0, 2 * Math.PI);
        context.fill();
      }
      context.globalAlpha = 1;
    }

    drawDensity(context) {
      const store = this.store;
      const across = Math.ceil(this.width / CELL);
      const cells = [new Float32Array(across * HEIGHT), new Float32Array(across * HEIGHT)];
      const most = [1, 1];
      for (let row = 0; row < store.rows; row++) {
        if (!this.isShown(row)) continue;
        if (this.worker && store.workers.lanes[store.lane[row]]?.[0] !== this.worker) continue;
        const [x, y] = this.placeOf(row);
        const kind = store.reduce[row];
        const cell = Math.floor(y / CELL) * across + Math.floor(x / CELL);
        most[kind] = Math.max(most[kind], ++cells[kind][cell]);
      }
      for (const kind of [0, 1]) {
        context.fillStyle = page.colours[kind ? "reduce" : "map"];
        cells[kind].forEach((count, cell) => {
          if (!count) return;
          context.globalAlpha = 0.2 + (0.8 * Math.log1p(count)) / Math.log1p(most[kind]);
          context.fillRect((cell % across) * CELL, Math.floor(cell / across) * CELL, CELL - 1, CELL - 1);
        });
      }
      context.globalAlpha = 1;
      for (const row of this.slowest) if (this.isShown(row)) this.point(context, row);
    }

    ring(context, row) {
      if (row === undefined || !this.isShown(row)) return;
      const [x, y] = this.placeOf(row);
      context.strokeStyle = page.colours.ink;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(x, y, 7, 0, 2 * Math.PI);
      context.stroke();
    }

    hover(x, y) {
      if (!this.x) return;
      let [found, best] = [-1, 144];
      const rows = this.store.rows > 20000 ? this.slowest : Array.from({ length: this.store.rows }, (_, row) => row);
      for (const row of rows) {
        if (!this.isShown(row)) continue;
        const [there, height] = this.placeOf(row);
        const distance = (there - x) ** 2 + (height - y) ** 2;
        if (distance < best) [found, best] = [row, distance];
      }
      this.drawing.tell(found < 0 ? "" : this.store.tellOf(found));
    }

    key(event) {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || !this.slowest.length) return;
      event.preventDefault();
      this.at = Math.max(0, Math.min(this.slowest.length - 1, this.at + by));
      this.drawing.tell(this.store.tellOf(this.slowest[this.at]), true);
      this.redraw();
    }
  }

  // A logarithmic axis between two places.
  const axis = ([least, most], from, to) => {
    const low = Math.log(least) - 0.15;
    const high = Math.log(Math.max(most, least * 1.5)) + 0.15;
    return {
      least: Math.exp(low),
      most: Math.exp(high),
      space: Math.abs(to - from),
      place: (value) => from + ((Math.log(value) - low) / (high - low)) * (to - from),
    };
  };

  // Round values on an axis, so far apart that their names do not touch.
  const powers = (one, base, steps) => {
    const found = [];
    let before = -Infinity;
    const first = base ** Math.floor(Math.log(one.least) / Math.log(base));
    for (let power = first; power <= one.most; power *= base) {
      for (const step of steps) {
        const value = power * step;
        const at = one.place(value);
        if (value < one.least || value > one.most || Math.abs(at - before) < 60 * (base === 10 ? 0.5 : 1)) continue;
        found.push(value);
        before = at;
      }
    }
    return found;
  };

  const workersTable = (store) => {
    const sums = () => {
      const found = new Map();
      for (let row = 0; row < store.rows; row++) {
        const worker = store.workers.lanes[store.lane[row]]?.[0] ?? "?";
        const sum = found.get(worker) ?? { worker, attempts: 0, failed: 0, bytes: 0, time: 0 };
        sum.attempts++;
        if (page.STATES[store.state[row]].colour === "failed") sum.failed++;
        if (store.took[row] >= 0) {
          sum.bytes += store.inputBytes[row];
          sum.time += store.took[row] / page.TICKS;
        }
        found.set(worker, sum);
      }
      return [...found.values()];
    };
    return new page.Table(
      "Workers",
      [
        { head: "Worker", value: (sum) => sum.worker },
        { head: "Attempts", value: (sum) => sum.attempts, show: page.count, numeric: true },
        { head: "Failed", value: (sum) => sum.failed, show: page.count, numeric: true },
        { head: "Read", value: (sum) => sum.bytes, show: page.size, numeric: true },
        { head: "Slot time", value: (sum) => sum.time, show: page.seconds, numeric: true },
        {
          head: "Bytes a second",
          value: (sum) => (sum.time ? sum.bytes / sum.time : 0),
          show: page.size,
          numeric: true,
        },
      ],
      sums,
    );
  };

  page.Scatter = Scatter;
}
