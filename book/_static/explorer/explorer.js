// The latent-space explorer: drag on the picture of all that a decoder can draw, or move the two sliders, and the
// decoder runs here and shows the image of that code. Its weights are fetched at the first touch.
(() => {
  "use strict";
  const home = new URL(".", document.currentScript.src);
  const LEAK = 0.2; // Keras's leaky_relu
  let layers; // the promise of the weights: fetched once

  function half(bits) {
    const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15); // there are no infinities among weights
  }

  function read({ shapes, data }) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    let place = 0;
    return shapes.map((shape) => {
      const size = shape.reduce((a, b) => a * b);
      const values = Float32Array.from({ length: size }, (_, i) => half(view.getUint16(place + 2 * i, true)));
      place += 2 * size;
      return values;
    });
  }

  function fetchLayers() {
    layers ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL("decoder.js", home);
      script.onload = () => resolve(read(window.aelibDecoder));
      script.onerror = () => { layers = undefined; reject(new Error("The decoder could not be fetched.")); };
      document.head.append(script);
    });
    return layers;
  }

  // (2) to (784): dense layers with leaky relu between them, a sigmoid at the end.
  function decode(weights, z) {
    let h = Float32Array.from(z);
    for (let layer = 0; layer < weights.length; layer += 2) {
      const kernel = weights[layer], out = Float32Array.from(weights[layer + 1]), last = layer + 2 === weights.length;
      for (let i = 0; i < h.length; i++) for (let j = 0; j < out.length; j++) out[j] += h[i] * kernel[i * out.length + j];
      h = out.map((v) => (last ? 1 / (1 + Math.exp(-v)) : v < 0 ? LEAK * v : v));
    }
    return h;
  }

  // The picture cuts the prior into equal parts, so a place on it is a probability, and the code there its quantile.
  function probability(z) { // of a standard normal number below z (Abramowitz and Stegun 26.2.17, error below 1e-7)
    const t = 1 / (1 + 0.2316419 * Math.abs(z));
    const sum = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
    const tail = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * sum;
    return z > 0 ? 1 - tail : tail;
  }

  function quantile(p) {
    let low = -3, high = 3;
    for (let i = 0; i < 30; i++) {
      const middle = (low + high) / 2;
      if (probability(middle) < p) low = middle; else high = middle;
    }
    return (low + high) / 2;
  }

  function slider(name, change) {
    const label = document.createElement("label"), input = document.createElement("input");
    Object.assign(input, { type: "range", min: -3, max: 3, step: 0.05, value: 0 });
    input.addEventListener("input", change);
    label.append(name, input);
    return [label, input];
  }

  function explorer(pad) {
    const widget = document.createElement("div"), frame = document.createElement("div");
    const side = document.createElement("div"), canvas = document.createElement("canvas");
    const mark = document.createElement("span"), text = document.createElement("output");
    widget.className = "explorer-widget"; frame.className = "explorer-pad"; mark.className = "explorer-mark";
    side.className = "explorer-side";
    canvas.width = canvas.height = 28;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "The image that the decoder draws from the chosen code");
    text.setAttribute("aria-live", "polite");
    const [first, one] = slider("first latent", show), [second, two] = slider("second latent", show);
    pad.replaceWith(widget);
    frame.append(pad, mark);
    side.append(canvas, first, second, text);
    widget.append(frame, side);
    pad.draggable = false;

    async function show() {
      const z = [Number(one.value), Number(two.value)];
      mark.style.left = `${100 * probability(z[0])}%`;
      mark.style.top = `${100 * (1 - probability(z[1]))}%`;
      text.value = `code (${z.map((v) => v.toFixed(2)).join(", ")})`;
      let pixels;
      try { pixels = decode(await fetchLayers(), z); } catch (error) { text.value = error.message; return; }
      const image = new ImageData(28, 28);
      pixels.forEach((v, i) => image.data.set([255 * v, 255 * v, 255 * v, 255], 4 * i));
      canvas.getContext("2d").putImageData(image, 0, 0);
      widget.dataset.pixels = pixels.length; // for tests: the image stands
      widget.pixels = pixels;
    }

    function follow(event) {
      const box = pad.getBoundingClientRect();
      const share = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
      [one.value, two.value] = share.map((p) => quantile(Math.min(Math.max(p, 0.0014), 0.9986)));
      show();
    }

    frame.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      frame.setPointerCapture(event.pointerId);
      follow(event);
    });
    frame.addEventListener("pointermove", (event) => { if (frame.hasPointerCapture(event.pointerId)) follow(event); });
    // At first, a piece of the picture: the middle tile right and above of the center, whose code is (0.08, 0.08).
    const start = () => widget.dataset.pixels || canvas.getContext("2d").drawImage(pad, 224, 196, 28, 28, 0, 0, 28, 28);
    if (pad.complete && pad.naturalWidth) start(); else pad.addEventListener("load", start);
    [one.value, two.value, mark.style.left, mark.style.top] = [0.1, 0.1, "53%", "47%"];
    text.value = "drag on the picture, or move a slider";
  }

  for (const figure of document.querySelectorAll("figure.explorer")) explorer(figure.querySelector("img"));

  const chapter = document.getElementById("fig-vae-manifold");
  if (chapter) { // the chapter's own figure stays; beneath it comes a smaller model to play with
    const figure = document.createElement("figure"), pad = new Image(), caption = document.createElement("figcaption");
    pad.src = new URL("manifold.webp", home);
    pad.alt = "All that a small decoder with two latents can draw: a sheet of 16 by 16 digits.";
    pad.width = pad.height = 448;
    caption.textContent = "To play with: a smaller decoder, trained like the one above, runs in this page.";
    figure.append(pad, caption);
    chapter.after(figure);
    explorer(pad);
  }
})();
