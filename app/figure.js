// Saves the figure beside it as PNG, SVG or its numbers. Nothing leaves the page.
const SPACE = "http://www.w3.org/2000/svg";
const PNG_SCALE = 3;
const MARGIN = 10; // other fonts may be wider

export default function ({ parentElement, data }) {
  for (const button of parentElement.querySelectorAll("button")) {
    const kind = button.dataset.kind;
    button.setAttribute("aria-label", `${button.textContent} of ${data.title}`);
    button.onclick = () => save(kind, data);
  }
}

async function save(kind, data) {
  if (kind === "csv") {
    offer(new Blob([data.csv], { type: "text/csv;charset=utf-8" }), `${data.name}.csv`);
    return;
  }
  const plot = document.querySelector(`.st-key-${data.figure} .js-plotly-plot`);
  if (!plot) return;
  const drawn = draw(plot, data.title);
  const svg = new Blob([new XMLSerializer().serializeToString(drawn)], { type: "image/svg+xml" });
  offer(kind === "svg" ? svg : await paint(svg, drawn), `${data.name}.${kind}`);
}

// What Plotly has drawn, in one SVG that needs no style sheet.
function draw(plot, title) {
  const { width, height } = plot.querySelector(".main-svg").getBoundingClientRect();
  const whole = document.createElementNS(SPACE, "svg");
  whole.setAttribute("xmlns", SPACE);
  const size = [width + 2 * MARGIN, height + 2 * MARGIN];
  whole.setAttribute("width", size[0]);
  whole.setAttribute("height", size[1]);
  whole.setAttribute("viewBox", `${-MARGIN} ${-MARGIN} ${size[0]} ${size[1]}`);
  const name = document.createElementNS(SPACE, "title");
  name.textContent = title;
  const ground = document.createElementNS(SPACE, "rect");
  ground.setAttribute("x", -MARGIN);
  ground.setAttribute("y", -MARGIN);
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("fill", getComputedStyle(document.querySelector(".stApp")).backgroundColor);
  whole.append(name, ground);
  for (const layer of plot.querySelectorAll(".main-svg")) {
    const copy = layer.cloneNode(true);
    const texts = layer.querySelectorAll("text");
    copy.querySelectorAll("text").forEach((text, place) => {
      const seen = getComputedStyle(texts[place]);
      text.style.fill = seen.fill;
      text.style.fontFamily = seen.fontFamily;
    });
    copy.querySelectorAll(".hoverlayer").forEach((layer) => layer.remove());
    whole.append(copy);
  }
  return whole;
}

async function paint(svg, drawn) {
  const address = URL.createObjectURL(svg);
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = PNG_SCALE * drawn.getAttribute("width");
  canvas.height = PNG_SCALE * drawn.getAttribute("height");
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function offer(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
