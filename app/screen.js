// Tells how large figures should be drawn here: what the style sheet says for this screen.
// For paper, figures that are wider than a page of A4 are made smaller, and then as they were.
const PAGE_PX = 680; // A4 within its margins
const PAUSE_MS = 400; // a window that is being dragged is asked once

export default function ({ data, setStateValue }) {
  let timer = 0;
  let told = data.scales; // what the server knows; it may not have heard what was told before
  const tell = () => {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    const scales = `${read("--figure-scale")} ${read("--tour-figure-scale")}`;
    if (scales.trim() === "") return wait(); // the style sheet is not there yet
    if (scales !== told) setStateValue("scales", (told = scales));
  };
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE_MS);
  };
  tell();
  window.addEventListener("resize", wait);
  window.addEventListener("beforeprint", fit);
  window.addEventListener("afterprint", release);
  return () => {
    clearTimeout(timer);
    window.removeEventListener("resize", wait);
    window.removeEventListener("beforeprint", fit);
    window.removeEventListener("afterprint", release);
  };
}

function fit() {
  for (const figure of document.querySelectorAll(".js-plotly-plot")) {
    const wide = figure.getBoundingClientRect().width;
    if (wide > PAGE_PX) figure.style.zoom = PAGE_PX / wide;
  }
}

function release() {
  for (const figure of document.querySelectorAll(".js-plotly-plot")) figure.style.zoom = "";
}
