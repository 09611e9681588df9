"use strict";
// A canvas that is sharp on every screen, axes, and a line of words below that tells what is shown.
{
  page.FONT = "11px system-ui, -apple-system, 'Segoe UI', sans-serif";

  class Drawing {
    // A focusable canvas in `parent`, named `label`, described by the element with id `words`.
    constructor(parent, label, words) {
      this.canvas = page.make("canvas", {
        tabindex: "0",
        role: "img",
        "aria-label": label,
        "aria-describedby": words,
      });
      this.told = page.make("p", { class: "told" }, "\u00a0");
      this.count = page.make("p", { class: "quiet counted" });
      parent.append(this.canvas, this.told, this.count);
      this.context = this.canvas.getContext("2d");
      this.width = 0;
      this.height = 0;
    }

    // Makes the canvas so large, in CSS pixels, and clears it.
    begin(width, height) {
      const scale = devicePixelRatio || 1;
      if (this.width !== width || this.height !== height || this.scale !== scale) {
        this.width = width;
        this.height = height;
        this.scale = scale;
        this.canvas.width = Math.round(width * scale);
        this.canvas.height = Math.round(height * scale);
        this.canvas.style.height = `${height}px`;
      }
      this.context.setTransform(scale, 0, 0, scale, 0, 0);
      this.context.clearRect(0, 0, width, height);
      this.context.font = page.FONT;
      this.context.textBaseline = "middle";
      return this.context;
    }

    // The place of a pointer, in CSS pixels of the canvas.
    at(event) {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    }

    // Tells of what the pointer or the keyboard is at.
    tell(text, aloud = false) {
      this.told.textContent = text || "\u00a0";
      if (aloud && text) page.announce(text);
    }
  }

  // Round marks between two numbers, about `wanted` of them: their distance and the first.
  page.marks = (from, to, wanted, isTime) => {
    const rough = Math.max(1e-4, (to - from) / Math.max(1, wanted));
    const power = 10 ** Math.floor(Math.log10(rough));
    let apart = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
    if (isTime && rough > 1) {
      const known = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400];
      apart = known.find((one) => one >= rough) ?? apart;
    }
    const found = [];
    for (let at = Math.ceil(from / apart) * apart; at <= to; at += apart) found.push(at);
    return [apart, found];
  };

  // Diagonal lines in a colour, for what must differ by more than its colour.
  page.hatched = (context, colour) => {
    const tile = page.make("canvas", { width: "6", height: "6" });
    const small = tile.getContext("2d");
    small.strokeStyle = colour;
    small.lineWidth = 1.6;
    small.beginPath();
    for (const shift of [-6, 0, 6]) {
      small.moveTo(shift - 1, 7);
      small.lineTo(shift + 7, -1);
    }
    small.stroke();
    return context.createPattern(tile, "repeat");
  };

  page.Drawing = Drawing;
}
