// Pictures in the colours of the page.

const find = (id) => document.getElementById(id);
const make = (kind, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(kind), properties);
  element.append(...children);
  return element;
};

// A colour of the style sheet as three numbers.
function colour(name) {
  const hex = getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

// Draws a picture of bytes: from bare paper to ink, or from red over paper to blue.
function paint(canvas, { width, height, signed, pixels }) {
  const bytes = atob(pixels);
  const paper = colour("paper"), ink = colour("ink"), red = colour("red"), blue = colour("blue");
  const image = new ImageData(width, height);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i);
    const full = !signed ? ink : byte < 128 ? red : blue;
    const share = signed ? Math.min(Math.abs(byte - 128) / 127, 1) : byte / 255;
    for (let k = 0; k < 3; k++) image.data[4 * i + k] = paper[k] + (full[k] - paper[k]) * share;
    image.data[4 * i + 3] = 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// Shows pictures in a box, on the canvases that are there already where there are as many.
function tiles(box, pictures, captions) {
  if (box.childElementCount !== pictures.length) {
    box.replaceChildren(...pictures.map(() => {
      const figure = make("figure", {}, make("canvas", { className: "picture" }));
      if (captions) figure.append(make("figcaption"));
      return figure;
    }));
  }
  pictures.forEach((picture, i) => {
    const figure = box.children[i];
    paint(figure.firstElementChild, picture);
    if (captions) figure.lastElementChild.textContent = captions[i];
  });
}
