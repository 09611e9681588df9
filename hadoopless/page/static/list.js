"use strict";
// Keeps the list of jobs up to date.
{
  const place = document.getElementById("part-list");
  let before = "";
  setInterval(async () => {
    if (document.hidden || place.contains(document.activeElement)) return;
    const answer = await fetch("?part=list", { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return;
    const html = await answer.text();
    if (html !== before) place.innerHTML = before = html;
  }, 2000);
}
