"use strict";
// Resources over time, drawn by uPlot: tasks that run, bytes a second, cores and memory.
{
  const HEIGHT = 170;

  class Resources {
    constructor(store, parent) {
      this.store = store;
      this.parent = parent;
      this.charts = new Map();
      this.boxes = page.make("div", { class: "series" });
      this.found = null;
      this.table = new page.Table(
        "Resources over time",
        [
          { head: "Time", value: (bin) => this.found.times[bin], show: page.seconds, numeric: true },
          ...[["Maps", "maps"], ["Reduces", "reduces"]].map(([head, name]) => ({
            head, value: (bin) => this.found[name][bin], show: (n) => n.toFixed(1), numeric: true,
          })),
          ...[["Cores of programs", "programs"], ["Our cores", "ours"]].map(([head, name]) => ({
            head, value: (bin) => this.found[name][bin], show: (n) => n.toFixed(2), numeric: true,
          })),
          ...[["Read a second", "read"], ["Fetched", "fetched"], ["Spilled", "spilled"], ["Written", "written"]].map(
            ([head, name]) => ({ head, value: (bin) => this.found[name][bin], show: page.size, numeric: true }),
          ),
        ],
        () => (this.found ? this.found.times.map((_, bin) => bin) : []),
      );
      parent.append(this.boxes, this.table.element);
      const update = page.sparing(() => this.update(), 500);
      store.onChange(update);
      page.onTheme(() => this.remake());
      page.onWidth(parent, () => this.remake());
    }

    remake() {
      for (const chart of this.charts.values()) chart.destroy();
      this.charts.clear();
      this.boxes.replaceChildren();
      this.update();
    }

    update() {
      if (!this.store.rows || !this.parent.clientWidth) return;
      const found = (this.found = page.series(this.store));
      const isUsed = (name) => found[name].some((value) => value > 0);
      const bytes = [
        ["read", "read", "map"], ["fetched", "fetched", "third"], ["spilled", "spilled", "failed"],
        ["written", "written", "reduce"],
      ].filter(([name]) => isUsed(name));
      const tasks = [["maps", "maps", "map"], ["reduces", "reduces", "reduce"]].filter(([name]) => isUsed(name));
      this.show("tasks", "Tasks that run", found.times, tasks.map((one) => [...one, found[one[0]]]), (n) =>
        n.toFixed(n < 10 ? 1 : 0),
      );
      if (bytes.length) {
        this.show("bytes", "Bytes a second", found.times, bytes.map((one) => [...one, found[one[0]]]), page.size);
      }
      const cores = [["programs", "programs", "map"], ["ours", "our own work", "third"]].filter(([name]) => isUsed(name));
      if (cores.length) {
        this.show("cores", "Cores in use", found.times, cores.map((one) => [...one, found[one[0]]]), (n) => n.toFixed(2));
      }
      const loads = Object.keys(this.store.loads).length ? page.loadSeries(this.store) : null;
      if (loads) {
        this.show("memory", "Resident memory of workers", loads.times, [["memory", "memory", "fourth", loads.memory]], page.size);
      }
      // A box is narrower once others stand beside it.
      for (const [key, chart] of this.charts) {
        const width = this.boxes.querySelector(`[data-key="${key}"]`).clientWidth;
        if (width && width !== chart.width) chart.setSize({ width, height: HEIGHT });
      }
      this.table.draw();
    }

    // Shows series, each a name, a label, the name of a colour, and its values.
    show(key, title, times, series, show) {
      const data = [times, ...series.map((one) => one[3])];
      const shape = series.map((one) => one[0]).join();
      const known = this.charts.get(key);
      if (known?.shape === shape) {
        known.setData(data);
        return;
      }
      known?.destroy();
      const box = this.boxes.querySelector(`[data-key="${key}"]`) ?? page.make("div", { "data-key": key, role: "group", "aria-label": title });
      if (!box.parentNode) this.boxes.append(box);
      const width = Math.max(260, box.clientWidth);
      const chart = new uPlot(this.options(title, series, show, width), data, box);
      chart.shape = shape;
      this.charts.set(key, chart);
    }

    options(title, series, show, width) {
      const colours = page.colours;
      const axis = {
        stroke: colours.quiet,
        font: page.FONT,
        grid: { stroke: colours.rule, width: 1 },
        ticks: { stroke: colours.rule, width: 1, size: 4 },
      };
      const dashes = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
      return {
        title,
        width,
        height: HEIGHT,
        cursor: { sync: { key: "resources" }, drag: { x: false, y: false }, points: { size: 6 } },
        scales: { x: { time: false }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] } },
        legend: { live: true },
        series: [
          { label: "time", value: (_, at) => (at === null ? "" : page.seconds(at)) },
          ...series.map(([, label, colour], at) => ({
            label,
            stroke: colours[colour],
            fill: series.length === 1 ? `${colours[colour]}22` : undefined,
            width: 1.5,
            dash: dashes[at],
            points: { show: false },
            value: (_, value) => (value === null ? "" : show(value)),
          })),
        ],
        axes: [
          { ...axis, size: 28, values: (_, marks) => marks.map((at) => page.clock(at, (marks[1] ?? 1) - (marks[0] ?? 0))) },
          { ...axis, size: 62, values: (_, marks) => marks.map((value) => show(value)) },
        ],
      };
    }
  }

  page.Resources = Resources;
}
