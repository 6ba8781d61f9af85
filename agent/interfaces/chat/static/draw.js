/* The two kinds of charts. Each gives its SVG, the spots that can be chosen, and how to mark one. */
"use strict";
(() => {
  const so = window.ShopOps;

  so.lines = (data, marks, width, height) => {
    const values = marks.map((mark) => mark[2]);
    const ticks = so.ticks(Math.min(...values), Math.max(...values));
    const low = ticks[0], high = ticks[ticks.length - 1];
    const left = Math.max(...ticks.map((t) => so.wide(so.tick(t, data)))) + 12, right = 16, top = 10, bottom = 26;
    const room = width - left - right, n = data.keys.length;
    const x = (k) => left + (n > 1 ? (room * k) / (n - 1) : room / 2);
    const y = (v) => top + (height - top - bottom) * (1 - (v - low) / (high - low || 1));
    const svg = so.shape("svg", { width, height, role: "img", "aria-hidden": "true" });
    ticks.forEach((t) => {
      svg.append(so.shape("line", { x1: left, x2: width - right, y1: y(t), y2: y(t), class: "so-grid" }));
      svg.append(so.shape("text", { x: left - 8, y: y(t) + 4, "text-anchor": "end", class: "so-label" }, so.tick(t, data)));
    });
    const widest = Math.max(...data.keys.map(so.wide)) + 18, every = Math.max(1, Math.ceil((widest * n) / (room + widest)));
    data.keys.forEach((key, k) => {
      if (k % every) return;
      const half = so.wide(key) / 2, at = Math.min(Math.max(x(k), half), width - half);
      svg.append(so.shape("text", { x: at, y: height - 6, "text-anchor": "middle", class: "so-label" }, key));
    });
    const rule = so.shape("line", { y1: top, y2: height - bottom, class: "so-rule", visibility: "hidden" });
    svg.append(rule);
    data.series.forEach((_, s) => {
      const own = marks.filter((mark) => mark[1] === s);
      if (!own.length) return;
      const path = own.map((mark, i) => `${i ? "L" : "M"}${x(mark[0]).toFixed(1)} ${y(mark[2]).toFixed(1)}`).join("");
      svg.append(so.shape("path", { d: path, class: `so-line so-s${s + 1}` }));
      if (n <= 40) own.forEach((mark) => svg.append(so.shape("circle", { cx: x(mark[0]), cy: y(mark[2]), r: 3, class: `so-point so-s${s + 1}` })));
    });
    const spots = data.keys.map((key, k) => {
      const own = marks.filter((mark) => mark[0] === k);
      return { title: key, marks: own, x: x(k), y: own.length ? Math.min(...own.map((mark) => y(mark[2]))) : top };
    });
    return {
      svg, spots,
      nearest: (px) => Math.max(0, Math.min(n - 1, Math.round(n > 1 ? ((px - left) / room) * (n - 1) : 0))),
      mark: (at) => {
        rule.setAttribute("visibility", at < 0 ? "hidden" : "visible");
        if (at >= 0) { rule.setAttribute("x1", x(at)); rule.setAttribute("x2", x(at)); }
      },
    };
  };

  so.bars = (data, marks, width, height) => {
    const shown = Array.from(new Set(marks.map((mark) => mark[1])));
    const values = marks.map((mark) => mark[2]);
    const low = Math.min(0, ...values), high = Math.max(0, ...values);
    const names = Math.min(Math.max(...data.keys.map(so.wide)) + 14, width * 0.38, 230);
    const numbers = Math.max(...marks.map((mark) => so.wide(mark[3]))) + 10;
    const minus = low < 0 ? numbers : 0;
    const left = names + minus, room = Math.max(20, width - left - numbers);
    const x = (v) => left + (room * (v - low)) / (high - low || 1);
    const step = (height - 8) / data.keys.length, thick = Math.min(20, (step * 0.72) / shown.length);
    const svg = so.shape("svg", { width, height, role: "img", "aria-hidden": "true" });
    const spots = [];
    const drawn = [];
    data.keys.forEach((key, k) => {
      const middle = 4 + step * (k + 0.5);
      const name = so.shape("text", { x: names - 10, y: middle + 4, "text-anchor": "end", class: "so-label so-name" }, so.cut(key, names - 12));
      name.append(so.shape("title", {}, key));
      svg.append(name);
      marks.filter((mark) => mark[0] === k).forEach((mark) => {
        const offset = (shown.indexOf(mark[1]) - (shown.length - 1) / 2) * thick, top = middle + offset - thick / 2 + 1;
        const from = Math.min(x(0), x(mark[2])), long = Math.max(1.5, Math.abs(x(mark[2]) - x(0)));
        const bar = so.shape("rect", { x: from, y: top, width: long, height: thick - 2, rx: 3, class: `so-bar-mark so-s${mark[1] + 1}` });
        const below = mark[2] < 0;
        const at = below ? from - 6 : from + long + 6;
        svg.append(bar, so.shape("text", { x: at, y: middle + offset + 4, "text-anchor": below ? "end" : "start", class: "so-label so-value" }, mark[3]));
        drawn.push(bar);
        spots.push({ title: key, marks: [mark], x: from + long, y: top, middle: middle + offset });
      });
    });
    svg.append(so.shape("line", { x1: x(0), x2: x(0), y1: 4, y2: height - 4, class: "so-zero" }));
    return {
      svg, spots,
      nearest: (_, py) => spots.reduce((best, spot, i) => (Math.abs(spot.middle - py) < Math.abs(spots[best].middle - py) ? i : best), 0),
      mark: (at) => drawn.forEach((bar, i) => bar.classList.toggle("so-chosen", i === at)),
    };
  };
})();
