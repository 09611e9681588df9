"use strict";
// Puts the page together: the charts, the parts that the server writes, and where data comes from.
{
  const store = page.store;
  const config = JSON.parse(page.byId("config").textContent);

  // A part is HTML that the server has made, in which all that a job tells is escaped.
  const replace = (parts) => {
    for (const [name, html] of Object.entries(parts)) {
      const place = page.byId(`part-${name}`);
      if (!place || typeof html !== "string" || place.written === html) continue;
      const open = new Map([...place.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
      place.written = html;
      place.innerHTML = html;
      for (const one of place.querySelectorAll("details[id]")) {
        if (open.has(one.id)) one.open = open.get(one.id);
      }
    }
    showCopying();
  };

  const showCopying = () => {
    for (const button of document.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
  };

  const copied = async (button) => {
    const text = page.byId(button.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // A file, or a page without the right: the selection can be copied by hand.
      const range = document.createRange();
      range.selectNodeContents(page.byId(button.dataset.copy));
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    page.announce("Copied");
    setTimeout(() => (button.textContent = "Copy"), 1500);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-copy]");
    if (button) copied(button);
  });

  const begin = () => {
    for (const name of ["lanes", "resources", "scatter"]) page.byId(name).hidden = false;
    page.readColours();
    page.lanes = new page.Lanes(store, page.byId("lanes-drawn"));
    page.resources = new page.Resources(store, page.byId("resources-drawn"));
    page.scatter = new page.Scatter(store, page.byId("scatter-drawn"));
    page.partitions = new page.Partitions(store, page.byId("partitions-drawn"));
    page.readColours();
    showCopying();
    page.showSliders();
  };

  let status = "";
  const tellEnd = () => {
    const now = store.clock.status;
    if (status === "running" && now !== status) page.announce(`The job has ended: ${now}.`);
    status = now;
  };

  // The server predicts once the job has succeeded.
  const predict = async () => {
    const place = page.byId("part-what-if");
    if (store.clock.status !== "succeeded") place.replaceChildren();
    else if (!place.firstChild && !place.asked) await fillSliders(place);
  };

  const fillSliders = async (place) => {
    place.asked = true;
    const answer = await fetch("what-if", { cache: "no-store" }).catch(() => null);
    place.asked = answer?.ok;
    if (!answer?.ok) return;
    place.innerHTML = await answer.text();
    page.showSliders();
  };

  const compare = async (earlier) => {
    const asked = earlier ? `?with=${encodeURIComponent(earlier)}` : "";
    const answer = await fetch(`compare${asked}`, { cache: "no-store" });
    if (!answer.ok) return;
    page.byId("part-compare").innerHTML = await answer.text();
    page.byId("earlier")?.addEventListener("change", (event) => compare(event.target.value));
  };

  const beginLive = () => {
    const line = page.make("p", { class: "line", role: "status" }, "");
    page.byId("part-head").after(line);
    page.follow(
      (head) => {
        replace(head.parts);
        store.load(head);
        tellEnd();
        predict();
      },
      (change) => {
        replace(change.parts);
        store.change(change);
        tellEnd();
        predict();
      },
      (isThere) => {
        line.textContent = isThere ? "" : "The page has lost its server, and shows what it knew last.";
      },
    );
    // The bars of running attempts grow between two changes.
    setInterval(() => {
      if (store.clock.status === "running" && !document.hidden) store.tell();
    }, matchMedia("(prefers-reduced-motion: reduce)").matches ? 2000 : 500);
    const section = page.byId("compare");
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      compare("");
    }).observe(section);
  };

  const beginReport = async () => {
    const text = page.byId("data").textContent;
    const data = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    store.load(await page.unpack(data));
  };

  begin();
  if (config.mode === "live") beginLive();
  else beginReport();
}
