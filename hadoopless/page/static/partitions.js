"use strict";
// The partitions: a bar for the input of each reduce, in bytes, records, keys or seconds.
{
  const HEIGHT = 180;
  const [LEFT, BOTTOM] = [58, 20];

  const MEASURES = {
    bytes: { label: "bytes", value: (store, row) => store.inputBytes[row], show: page.size },
    records: { label: "records", value: (store, row) => store.inputRecords[row], show: page.count },
    keys: { label: "keys", value: (store, row) => store.groups[row], show: page.count },
    seconds: { label: "seconds", value: (store, row) => store.lengthOf(row), show: page.seconds },
    output: { label: "output", value: (store, row) => store.outputBytes[row], show: page.size },
  };

  class Partitions {
    constructor(store, parent) {
      this.store = store;
      this.rows = [];
      this.measure = MEASURES.bytes;
      this.at = -1;
      this.choice = page.make("select", { id: "partitions-measure" });
      this.choice.addEventListener("change", () => {
        this.measure = MEASURES[this.choice.value];
        this.redraw();
      });
      const label = page.make("label", { for: "partitions-measure" }, "Measure ");
      this.skew = page.make("span", { class: "quiet" });
      parent.append(page.make("div", { class: "tools" }, label, this.choice, this.skew));
      this.drawing = new page.Drawing(
        parent,
        "A bar for each partition. Left and right arrow keys go from one to the next.",
        "partitions-words",
      );
      this.table = new page.Table(
        "Partitions",
        [
          { head: "Partition", value: (row) => store.index[row], show: page.count, numeric: true },
          ...Object.values(MEASURES).map((one) => ({
            head: one.label[0].toUpperCase() + one.label.slice(1),
            value: (row) => one.value(store, row),
            show: (n) => (n ? one.show(n) : ""),
            numeric: true,
          })),
          { head: "Worker", value: (row) => store.laneName(store.lane[row]) },
        ],
        () => this.rows,
      );
      parent.append(this.table.element);
      this.redraw = page.onceAFrame(() => this.draw());
      store.onChange(page.sparing(() => this.collect(), 500));
      page.onTheme(this.redraw);
      page.onWidth(parent, (width) => {
        this.width = width;
        this.redraw();
      });
      this.drawing.canvas.addEventListener("pointermove", (event) => this.tell(this.barAt(this.drawing.at(event)[0])));
      this.drawing.canvas.addEventListener("keydown", (event) => this.key(event));
    }

    // The attempt at each partition that tells most: the one that counts, or else the last.
    collect() {
      const store = this.store;
      const found = [];
      for (let row = 0; row < store.rows; row++) {
        if (store.reduce[row] !== 1) continue;
        const before = found[store.index[row]];
        if (before === undefined || store.state[before] !== page.DONE) found[store.index[row]] = row;
      }
      this.rows = found.filter((row) => row !== undefined);
      const offered = Object.keys(MEASURES).filter((name) => this.rows.some((row) => MEASURES[name].value(store, row) > 0));
      if (offered.length && this.choice.options.length !== offered.length) {
        this.choice.replaceChildren(...offered.map((name) => page.make("option", { value: name }, MEASURES[name].label)));
        if (!offered.some((name) => MEASURES[name] === this.measure)) this.measure = MEASURES[offered[0]];
        this.choice.value = offered.find((name) => MEASURES[name] === this.measure);
      }
      page.byId("partitions").hidden = !this.rows.length;
      this.table.draw();
      this.redraw();
    }

    draw() {
      if (!this.width || !this.rows.length) return;
      const store = this.store;
      const context = this.drawing.begin(this.width, HEIGHT);
      const values = this.rows.map((row) => this.measure.value(store, row));
      const most = Math.max(...chunked(values), 1e-9);
      const base = HEIGHT - BOTTOM;
      const space = this.width - LEFT;
      context.fillStyle = page.colours.quiet;
      context.strokeStyle = page.colours.rule;
      context.textAlign = "right";
      context.beginPath();
      for (const part of [0, 0.5, 1]) {
        const y = Math.round(base - part * (base - 10)) + 0.5;
        context.moveTo(LEFT, y);
        context.lineTo(this.width, y);
        context.fillText(this.measure.show(part * most), LEFT - 6, y);
      }
      context.stroke();
      const each = space / values.length;
      const highest = new Float64Array(Math.ceil(space) + 1);
      values.forEach((value, at) => {
        const x = Math.floor(at * each);
        highest[x] = Math.max(highest[x], value);
      });
      const width = Math.max(1, each - (each > 3 ? Math.min(4, each / 4) : 0));
      highest.forEach((value, x) => {
        if (!value) return;
        const height = (value / most) * (base - 10);
        context.fillStyle = page.colours.reduce;
        context.fillRect(LEFT + x, base - height, width, height);
      });
      if (this.at >= 0) {
        context.strokeStyle = page.colours.ink;
        context.lineWidth = 2;
        context.strokeRect(LEFT + Math.floor(this.at * each), 8, Math.max(2, width), base - 8);
      }
      context.fillStyle = page.colours.quiet;
      context.textAlign = "left";
      context.fillText(`partition ${store.index[this.rows[0]]}`, LEFT, HEIGHT - 8);
      context.textAlign = "right";
      if (values.length > 1) context.fillText(page.count(store.index[this.rows.at(-1)]), this.width - 2, HEIGHT - 8);
      this.tellSkew(values, most);
    }

    tellSkew(values, most) {
      const sorted = values.slice().sort((one, other) => one - other);
      const median = sorted[Math.floor(sorted.length / 2)];
      const sum = values.reduce((total, value) => total + value, 0);
      const shown = this.measure.show;
      this.skew.textContent = values.length < 2 ? "" :
        `largest ${shown(most)} (${Math.round((100 * most) / (sum || 1))} % of all), median ${shown(median)}`;
      const all = page.count(values.length);
      this.drawing.count.textContent = `${all} of ${page.count(Math.max(values.length, this.store.clock.reduces))} partitions`;
    }

    barAt(x) {
      const at = Math.floor(((x - LEFT) / (this.width - LEFT)) * this.rows.length);
      return at >= 0 && at < this.rows.length ? at : -1;
    }

    tell(at, aloud = false) {
      if (at < 0) {
        this.drawing.tell("");
        return;
      }
      const row = this.rows[at];
      const words = Object.values(MEASURES)
        .map((one) => [one, one.value(this.store, row)])
        .filter(([, value]) => value > 0)
        .map(([one, value]) => (one.label === "seconds" ? one.show(value) : `${one.show(value)} ${one.label}`));
      this.drawing.tell(`partition ${this.store.index[row]}: ${words.join(" · ")}`, aloud);
    }

    key(event) {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || !this.rows.length) return;
      event.preventDefault();
      this.at = Math.max(0, Math.min(this.rows.length - 1, this.at + by));
      this.tell(this.at, true);
      this.redraw();
    }
  }

  // The largest of each thousand: a call takes only so many arguments.
  const chunked = (values) => {
    const found = [];
    for (let at = 0; at < values.length; at += 1000) found.push(Math.max(...values.slice(at, at + 1000)));
    return found;
  };

  page.Partitions = Partitions;
}
