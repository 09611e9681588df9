"use strict";
// The names that all scripts of the page share, numbers as people read them, and small helpers.
// Each script adds what others may use to `page`; no text of a job ever becomes markup here.
const page = {};
{
  // The states of attempts by their codes (sheet.py): word, letter, shape, name of the colour.
  page.STATES = [
    { word: "running", letter: "", colour: "" },
    { word: "succeeded", letter: "", colour: "" },
    { word: "succeeded, but its output was lost", letter: "L", colour: "lost" },
    { word: "program failed", letter: "F", colour: "failed" },
    { word: "timed out", letter: "T", colour: "failed" },
    { word: "its worker was in trouble", letter: "W", colour: "failed" },
    { word: "could not fetch map outputs", letter: "O", colour: "failed" },
    { word: "worker lost", letter: "L", colour: "lost" },
    { word: "cancelled", letter: "C", colour: "cancelled" },
    { word: "ended badly", letter: "F", colour: "failed" },
  ];
  page.RUNNING = 0;
  page.DONE = 1;
  page.REDONE = 2;
  page.CANCELLED = 8;
  page.TICKS = 10000; // in a second

  const SPACE = "\u202f";
  const three = (number) => (number >= 99.95 ? number.toFixed(0) : number.toFixed(1));

  page.count = (number) => Math.round(number).toLocaleString("en-US");

  page.size = (number) => {
    if (number < 1000) return `${number.toFixed(0)}${SPACE}B`;
    for (const unit of ["KB", "MB", "GB"]) {
      number /= 1024;
      if (number < 999.5) return `${three(number)}${SPACE}${unit}`;
    }
    return `${three(number / 1024)}${SPACE}TB`;
  };

  page.seconds = (number) => {
    if (number < 0.9995) return `${(1000 * number).toFixed(0)}${SPACE}ms`;
    if (number < 59.95) return `${three(number)}${SPACE}s`;
    const whole = Math.round(number);
    if (whole < 3600) {
      return `${Math.floor(whole / 60)}${SPACE}min ${String(whole % 60).padStart(2, "0")}${SPACE}s`;
    }
    const minutes = Math.round(number / 60);
    const rest = String(minutes % 60).padStart(2, "0");
    return `${page.count(Math.floor(minutes / 60))}${SPACE}h ${rest}${SPACE}min`;
  };

  // A time on an axis whose marks are so many seconds apart.
  page.clock = (number, apart) => {
    if (apart < 1) return `${number.toFixed(apart < 0.01 ? 3 : apart < 0.1 ? 2 : 1)} s`;
    const whole = Math.round(number);
    if (whole < 60) return `${whole} s`;
    const minutes = Math.floor(whole / 60);
    const two = (part) => String(part).padStart(2, "0");
    if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
    return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
  };

  // A new element; texts among the children stay texts.
  page.make = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null));
    return made;
  };

  page.byId = (name) => document.getElementById(name);

  // The colours of the theme, read from the style sheet; asked for again when the theme changes.
  const NAMES = [
    "ground", "raised", "ink", "quiet", "rule", "accent", "map", "reduce", "failed", "lost",
    "cancelled", "third", "fourth",
  ];
  const read = () => {
    const style = getComputedStyle(document.documentElement);
    return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  };
  page.colours = {};
  const listeners = [];
  page.onTheme = (listener) => listeners.push(listener);
  page.readColours = () => {
    page.colours = read();
    for (const listener of listeners) listener();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", page.readColours);

  // Calls `draw` once in the next frame, however often it is asked for until then.
  page.onceAFrame = (draw) => {
    let waiting = false;
    return () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        draw();
      });
    };
  };

  // Calls `work` soon, and so seldom that it takes at most a tenth of the time.
  page.sparing = (work, least = 250) => {
    let timer = 0;
    let earliest = 0;
    return () => {
      if (timer) return;
      timer = setTimeout(() => {
        timer = 0;
        const began = performance.now();
        work();
        const now = performance.now();
        earliest = now + Math.max(least, 10 * (now - began));
      }, Math.max(0, earliest - performance.now()));
    };
  };

  // Tells people who cannot see the charts.
  page.announce = (text) => {
    page.byId("announced").textContent = text;
  };

  // Calls `draw` with the width of `element`, now and when it changes.
  page.onWidth = (element, draw) => {
    let width = 0;
    new ResizeObserver(() => {
      const now = Math.floor(element.clientWidth);
      if (now && now !== width) {
        width = now;
        draw(width);
      }
    }).observe(element);
  };
}
