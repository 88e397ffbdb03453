// Puts a button beneath each figure that has an interactive map. Nothing more is loaded until it is pressed;
// without JavaScript the picture stands alone. `book/_ext/interactive_maps.py` names the figures and writes the maps.
(() => {
  const { src, dataset } = document.currentScript;
  const load = (name) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(`maps/${name}.js`, src);
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${script.src} did not load`));
      document.head.append(script);
    });

  for (const name of dataset.maps.split(" ")) {
    const picture = document.querySelector(`figure[id="${name}"] img`);
    const map = Object.assign(document.createElement("div"), { className: "map", hidden: true });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "map-button" });
    const status = Object.assign(document.createElement("span"), { role: "status", className: "map-status" });
    const label = (open) => (button.textContent = open ? "Back to the picture" : "Explore this map");
    const shown = picture.closest("a") ?? picture; // some themes wrap a picture in a link
    // Bokeh closes what a tap has opened when the finger is lifted: it takes that for leaving. Keep it open.
    const keep = (event) => event.pointerType === "touch" && event.stopPropagation();
    map.addEventListener("pointerout", keep, true);
    let ready; // the promise of the first press: loading happens once

    button.onclick = async () => {
      button.disabled = true;
      try {
        map.hidden = false; // Bokeh measures the place it draws in
        status.textContent = ready ? "" : "Loading (about 2 MB) …";
        await (ready ??= (async () => {
          await Promise.all([window.Bokeh ?? load("bokeh.min"), load(name)]);
          await window.Bokeh.embed.embed_item(window.aelibMaps[name], map);
        })());
        map.hidden = !(shown.hidden = !shown.hidden);
        label(shown.hidden);
        status.textContent = "";
      } catch (error) {
        [map.hidden, ready] = [true, undefined];
        status.textContent = `The map could not be loaded: ${error.message}`;
      }
      button.disabled = false;
      button.focus();
    };
    label(false);
    shown.after(map, button, status);
  }
})();
