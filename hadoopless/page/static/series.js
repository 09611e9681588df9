"use strict";
// Series over time, made of attempts: tasks that run, bytes a second, cores.
{
  const BINS = 240;

  // Adds `amount` to the bins between two times, evenly.
  const spread = (bins, width, from, to, amount) => {
    const last = bins.length - 1;
    const first = Math.min(last, Math.floor(from / width));
    const end = Math.min(last, Math.floor(to / width));
    if (first === end || to <= from) {
      bins[first] += amount;
      return;
    }
    const each = amount / (to - from);
    bins[first] += each * ((first + 1) * width - from);
    for (let bin = first + 1; bin < end; bin++) bins[bin] += each * width;
    bins[end] += each * (to - end * width);
  };

  page.series = (store) => {
    const length = Math.max(0.001, store.now);
    const width = length / BINS;
    const make = () => new Float64Array(BINS);
    const found = {
      maps: make(), reduces: make(), read: make(), fetched: make(), spilled: make(), written: make(),
      programs: make(), ours: make(),
    };
    for (let row = 0; row < store.rows; row++) {
      const from = store.startOf(row);
      const to = store.endOf(row);
      const isReduce = store.isReduce(row);
      spread(isReduce ? found.reduces : found.maps, width, from, to, to - from);
      if (store.took[row] < 0) continue;
      spread(found.programs, width, from, to, store.programCpu[row] / 1000);
      spread(found.ours, width, from, to, store.ownCpu[row] / 1000);
      if (!isReduce) spread(found.read, width, from, to, store.inputBytes[row]);
      if (store.fetchedBytes[row]) {
        const fetching = store.fetchTime[row] / 1000 || to - from;
        spread(found.fetched, width, from, Math.min(to, from + fetching), store.fetchedBytes[row]);
      }
      if (store.spilledBytes[row]) spread(found.spilled, width, from, to, store.spilledBytes[row]);
      if (isReduce || !store.clock.reduces) spread(found.written, width, from, to, store.outputBytes[row]);
    }
    for (const name of Object.keys(found)) {
      for (let bin = 0; bin < BINS; bin++) found[name][bin] /= width;
    }
    found.times = Array.from({ length: BINS }, (_, bin) => (bin + 0.5) * width);
    return found;
  };

  // The resident bytes of all workers together.
  page.loadSeries = (store) => {
    const length = Math.max(0.001, store.now);
    const bins = Math.max(2, Math.min(BINS, Math.floor(length)));
    const width = length / bins;
    const memory = new Float64Array(bins);
    for (const [times, resident] of Object.values(store.loads)) {
      for (let at = 0; at < times.length; at++) {
        const from = at ? times[at - 1] : Math.max(0, times[at] - width);
        const first = Math.max(0, Math.min(bins - 1, Math.floor(from / width)));
        const end = Math.min(bins - 1, Math.floor(times[at] / width));
        for (let bin = first + (at ? 1 : 0); bin <= end; bin++) memory[bin] += resident[at];
      }
    }
    return { times: Array.from({ length: bins }, (_, bin) => (bin + 0.5) * width), memory };
  };
}
