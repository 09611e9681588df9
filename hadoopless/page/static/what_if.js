"use strict";
// The sliders of other numbers: each position is a prediction that the server has made.
{
  const tell = (box) => {
    let at = 0;
    for (const slider of box.querySelectorAll("input")) {
      const shown = JSON.parse(slider.dataset.shown)[slider.value];
      slider.setAttribute("aria-valuetext", shown);
      slider.nextElementSibling.textContent = shown;
      at += Number(slider.value) * Number(slider.dataset.step);
    }
    const predicted = page.make("b", {}, page.seconds(JSON.parse(box.dataset.seconds)[at]));
    const took = page.seconds(Number(box.dataset.took));
    box.querySelector("output").replaceChildren("Predicted: ", predicted, ` · the job took ${took}.`);
  };

  // Shows the sliders, if there are some that are not shown yet, in place of the open table.
  page.showSliders = () => {
    const box = page.byId("what-if-sliders");
    if (!box?.hidden) return;
    box.hidden = false;
    page.byId("what-if").querySelector("details").open = false;
    box.addEventListener("input", () => tell(box));
    tell(box);
  };
}
