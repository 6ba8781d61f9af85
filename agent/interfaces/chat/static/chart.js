/* Charts as SVG in the page's own colours: what is shown under the pointer, by the arrow keys, and by series. */
"use strict";
(() => {
  const so = window.ShopOps;
  const SVG = "http://www.w3.org/2000/svg";
  so.shape = (name, attributes, text) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  /* About how wide a label is at 12 pixels: a Chinese character is twice as wide as a Latin one. */
  so.wide = (text) => Array.from(String(text)).reduce((sum, c) => sum + (c.charCodeAt(0) > 0x2e7f ? 12 : 7.4), 0);
  so.cut = (text, room) => {
    let shown = String(text);
    if (so.wide(shown) <= room) return shown;
    while (shown.length > 1 && so.wide(shown + "…") > room) shown = shown.slice(0, -1);
    return shown + "…";
  };

  const short = (value) => {
    const size = Math.abs(value);
    for (const [limit, unit] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]])
      if (size >= limit) return +(value / limit).toPrecision(3) + unit;
    return String(+value.toPrecision(3));
  };
  so.tick = (value, data) => {
    if (data.unit === "ratio" || data.unit === "percent") return +(value * 100).toPrecision(3) + "%";
    return (value < 0 ? "−" : "") + (data.unit === "currency" ? data.currency : "") + short(Math.abs(value));
  };

  /* Round steps that cover low to high, about four of them. */
  so.ticks = (low, high) => {
    const rough = (high - low || Math.abs(high) || 1) / 4, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((s) => s * power).find((s) => s >= rough);
    const found = [];
    for (let at = Math.floor(low / step) * step; at <= high + step * 0.999; at += step) found.push(+at.toPrecision(12));
    return found;
  };

  so.chart = (place) => {
    if (place.dataset.drawn) return;
    place.dataset.drawn = "1";
    const data = JSON.parse(place.dataset.chart), hidden = new Set();
    const state = { at: -1 };
    const draw = () => {
      const svg = place.querySelector("svg");
      if (svg) svg.remove();
      const legend = place.querySelector(".so-legend");
      const height = place.clientHeight - (legend ? legend.offsetHeight : 0);
      const marks = data.marks.filter((mark) => !hidden.has(mark[1]));
      const drawn = (data.kind === "line" ? so.lines : so.bars)(data, marks, place.clientWidth, height);
      place.append(drawn.svg);
      state.drawn = drawn;
      state.at = -1;
    };
    if (data.series.length > 1) place.append(legend_of(data, hidden, draw));
    const tip = so.make("div", "so-tip");
    tip.hidden = true;
    place.append(tip);
    draw();
    let width = place.clientWidth;
    new ResizeObserver(() => { if (place.clientWidth && place.clientWidth !== width) { width = place.clientWidth; draw(); } }).observe(place);
    point(place, data, state, tip, hidden);
  };

  const legend_of = (data, hidden, draw) => {
    const legend = so.make("div", "so-legend");
    data.series.forEach((name, index) => {
      const entry = so.make("button", "so-key");
      entry.type = "button";
      entry.setAttribute("aria-pressed", "true");
      const dot = so.make("i", "so-c" + (index + 1));
      entry.append(dot, so.make("span", "", name));
      entry.addEventListener("click", () => {
        if (hidden.has(index)) hidden.delete(index);
        else if (hidden.size < data.series.length - 1) hidden.add(index);
        entry.setAttribute("aria-pressed", String(!hidden.has(index)));
        draw();
      });
      legend.append(entry);
    });
    return legend;
  };

  /* Pointer and keys choose a place on the chart; Enter or a click opens its cell. */
  const point = (place, data, state, tip, hidden) => {
    place.tabIndex = 0;
    const choose = (at) => {
      const spots = state.drawn.spots;
      state.drawn.mark(at);
      state.at = at;
      tip.hidden = at < 0;
      if (at < 0) return;
      const spot = spots[at];
      tip.replaceChildren(so.make("strong", "", spot.title));
      spot.marks.forEach((mark) => {
        const line = so.make("span");
        if (data.series.length > 1) line.append(so.make("i", "so-c" + (mark[1] + 1)), data.series[mark[1]] + " ");
        line.append(so.make("b", "", mark[3]));
        tip.append(line);
      });
      const left = Math.max(4, Math.min(spot.x + 12, place.clientWidth - tip.offsetWidth - 4));
      tip.style.transform = `translate(${left}px, ${Math.max(2, spot.y - tip.offsetHeight - 8)}px)`;
    };
    place.addEventListener("pointermove", (event) => {
      if (!event.target.closest("svg")) return;
      const frame = place.querySelector("svg").getBoundingClientRect();
      choose(state.drawn.nearest(event.clientX - frame.left, event.clientY - frame.top));
    });
    place.addEventListener("pointerleave", () => choose(-1));
    place.addEventListener("blur", () => choose(-1));
    place.addEventListener("click", (event) => {
      if (event.target.closest("svg") && state.at >= 0) open(state.drawn.spots[state.at]);
    });
    const open = (spot) => { if (spot.marks[0] && spot.marks[0][4]) so.cell(spot.marks[0][4], place); };
    place.addEventListener("keydown", (event) => {
      if (event.target !== place) return;
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        choose(Math.max(0, Math.min(state.drawn.spots.length - 1, state.at + step)));
        const spot = state.drawn.spots[state.at];
        so.tell(spot.title + ": " + spot.marks.map((mark) => mark[3]).join(", "));
      } else if (event.key === "Enter" && state.at >= 0) open(state.drawn.spots[state.at]);
    });
  };
})();
