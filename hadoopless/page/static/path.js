"use strict";
// The critical path of a job: from its last end back, each attempt with the one that it waited for.
{
  // The attempt of a lane that ended last before `row` began; -1 for the first one.
  const before = (store, row) => {
    const lane = store.byLane[store.lane[row]] ?? [];
    let low = 0;
    let high = lane.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lane[middle] < row) low = middle + 1;
      else high = middle;
    }
    return low > 0 ? lane[low - 1] : -1;
  };

  const last = (store, isWanted) => {
    let found = -1;
    let end = -1;
    for (let row = 0; row < store.rows; row++) {
      if (store.state[row] !== page.DONE || !isWanted(row)) continue;
      const here = store.began[row] + store.took[row];
      if (here > end) {
        end = here;
        found = row;
      }
    }
    return found;
  };

  // The rows of the path, the last one first.
  page.criticalPath = (store) => {
    const lastMap = last(store, (row) => store.reduce[row] === 0);
    const lastReduce = last(store, (row) => store.reduce[row] === 1);
    const found = [];
    let row = lastReduce >= 0 ? lastReduce : lastMap;
    while (row >= 0 && found.length < store.rows) {
      found.push(row);
      const earlier = before(store, row);
      if (store.reduce[row] === 1 && (earlier < 0 || store.reduce[earlier] === 0)) row = lastMap;
      else row = earlier;
    }
    return found;
  };
}
