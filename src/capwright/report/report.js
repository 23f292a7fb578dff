// Draws the charts of the page from the JSON in #charts, and switches the language. No network.
"use strict";
(() => {
  const specs = JSON.parse(document.getElementById("charts").textContent);
  const drawn = new Map();
  const esc = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

  const colours = (paper) => {
    const style = getComputedStyle(paper ? document.querySelector(".paper") : document.documentElement);
    const get = (name) => style.getPropertyValue(`--${name}`).trim();
    return Object.fromEntries(
      ["card", "text", "muted", "line", "grid", "c1", "c2", "c3", "c4", "c5", "c6"].map((n) => [n, get(n)])
    );
  };
  const whole = (spec, value) => value.toLocaleString(spec.lang);
  const scaled = (spec, unit, value, digits) =>
    (value / spec[unit].divisor).toLocaleString(spec.lang, { maximumFractionDigits: digits });
  const money = (spec, fen) =>
    (fen / 100).toLocaleString(spec.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const line = (name, value) => `${esc(name)}: <b>${esc(value)}</b>`;

  const pen = document.createElement("canvas").getContext("2d");
  const widest = (texts, size) => {
    pen.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
    return Math.ceil(Math.max(0, ...texts.map((text) => pen.measureText(text).width)));
  };
  // How high a legend of these names gets: names that do not fit beside each other take further lines.
  const legend = (names, width) => {
    let lines = 1;
    let used = 0;
    for (const name of names) {
      const needs = widest([name], 13) + 42;
      if (used && used + needs > width) [lines, used] = [lines + 1, 0];
      used += needs;
    }
    return lines * 23;
  };

  const base = (c) => ({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: c.text },
    aria: { enabled: false },
    tooltip: {
      confine: true, backgroundColor: c.card, borderColor: c.line, textStyle: { color: c.text, fontSize: 13 },
      extraCssText: "max-width:320px;white-space:normal;",
    },
    legend: { top: 0, left: 0, itemGap: 18, itemWidth: 16, textStyle: { color: c.text, fontSize: 13 } },
  });
  const axis = (c) => ({
    axisLine: { lineStyle: { color: c.line } }, axisTick: { show: false },
    axisLabel: { color: c.muted, fontSize: 12, hideOverlap: true },
    splitLine: { lineStyle: { color: c.grid } },
    nameTextStyle: { color: c.muted, fontSize: 12 },
  });
  const hatch = (c) => ({
    symbol: "rect", rotation: -0.7, dashArrayX: [1, 0], dashArrayY: [2, 4], color: c.card, symbolSize: 1,
  });

  const kinds = {
    sectors(spec, c, width) {
      const room = Math.min(widest(spec.names, 13) + 2, width < 560 ? 124 : 240);
      const item = (n) => [
        line(spec.words.allocation, `${whole(spec, spec.allocation[n])} ${spec.t}`),
        line(spec.words.emissions, `${whole(spec, spec.emissions[n])} ${spec.t}`),
        line(spec.words.share, spec.share[n]),
      ].join("<br>");
      return {
        ...base(c),
        tooltip: {
          ...base(c).tooltip, trigger: "axis", axisPointer: { type: "shadow" },
          formatter: (rows) => `<b>${esc(spec.names[rows[0].dataIndex])}</b><br>${item(rows[0].dataIndex)}`,
        },
        grid: { left: room + 10, right: 56, top: legend([spec.words.allocation, spec.words.emissions], width) + 8, bottom: 46 },
        xAxis: {
          ...axis(c), type: "value", name: spec.tonnes.name, nameLocation: "middle", nameGap: 28,
          axisLabel: { ...axis(c).axisLabel, formatter: (v) => scaled(spec, "tonnes", v, 2) },
        },
        yAxis: {
          ...axis(c), type: "category", data: spec.names, inverse: true,
          axisLabel: { color: c.text, fontSize: 13, width: room, overflow: "break", interval: 0 },
        },
        series: [
          {
            type: "bar", name: spec.words.allocation, data: spec.allocation, barMaxWidth: 15, barGap: "12%",
            itemStyle: { color: c.c1, borderRadius: [0, 3, 3, 0] },
          },
          {
            type: "bar", name: spec.words.emissions, data: spec.emissions, barMaxWidth: 15,
            itemStyle: { color: c.c2, borderRadius: [0, 3, 3, 0], decal: hatch(c) },
            label: {
              show: true, position: "right", color: c.text, fontSize: 12,
              formatter: (row) => spec.share[row.dataIndex],
            },
          },
        ],
      };
    },

    market(spec, c, width) {
      const narrow = width < 560;
      const named = [spec.words.price, spec.words.volume, ...(spec.auctions.length ? [spec.words.auction] : [])];
      const mark = spec.deadlines.map((on) => ({ xAxis: on }));
      return {
        ...base(c),
        tooltip: {
          ...base(c).tooltip, trigger: "axis",
          formatter: (rows) => {
            const day = rows[0].value[0];
            const said = rows.map((row) =>
              row.seriesIndex === 1
                ? line(row.seriesName, `${whole(spec, row.value[1])} ${spec.t}`)
                : line(row.value[2] ? `${row.seriesName} ${row.value[2]}` : row.seriesName,
                       `${money(spec, row.value[1])} ${spec.price.name}`)
            );
            return `<b>${esc(day)}</b><br>${said.join("<br>")}`;
          },
        },
        legend: { ...base(c).legend, data: named },
        grid: { left: 4, right: 6, top: legend(named, width) + 48, bottom: 8, containLabel: true },
        xAxis: {
          ...axis(c), type: "time", splitLine: { show: false }, splitNumber: narrow ? 4 : 8,
          axisLabel: { ...axis(c).axisLabel, formatter: "{yyyy}-{MM}" }, minInterval: 27 * 86400000,
        },
        yAxis: [
          {
            ...axis(c), type: "value", scale: true, name: spec.price.name, nameGap: 26, nameTextStyle: { color: c.muted, align: "left" },
            axisLabel: { ...axis(c).axisLabel, formatter: (v) => scaled(spec, "price", v, 2) },
          },
          {
            ...axis(c), type: "value", name: spec.tonnes.name, nameGap: 26, nameTextStyle: { color: c.muted, align: "right" },
            splitLine: { show: false }, axisLabel: { ...axis(c).axisLabel, formatter: (v) => scaled(spec, "tonnes", v, 2) },
          },
        ],
        series: [
          {
            type: "line", name: spec.words.price, data: spec.days.map((d) => [d[0], d[1]]), z: 3, showSymbol: spec.days.length < 40,
            symbolSize: 5, lineStyle: { width: 2, color: c.c1 }, itemStyle: { color: c.c1 },
            markLine: {
              silent: true, symbol: "none", data: mark, lineStyle: { color: c.text, type: "dashed" },
              label: { formatter: spec.words.deadline, color: c.text, position: "end", distance: 4, fontSize: 12 },
            },
          },
          {
            type: "bar", name: spec.words.volume, yAxisIndex: 1, data: spec.days.map((d) => [d[0], d[2]]),
            barWidth: Math.max(1, Math.min(8, (width - 90) / (spec.days.length * 1.6))), itemStyle: { color: c.c5, opacity: 0.75 },
          },
          {
            type: "scatter", name: spec.words.auction, data: spec.auctions, symbol: "diamond", symbolSize: 13, z: 4,
            itemStyle: { color: c.c2, borderColor: c.card, borderWidth: 1 },
          },
        ],
      };
    },

    auctions(spec, c, width) {
      const narrow = width < 560;
      return {
        ...base(c),
        tooltip: {
          ...base(c).tooltip, trigger: "axis", axisPointer: { type: "shadow" },
          formatter: (rows) => {
            const n = rows[0].dataIndex;
            const said = [
              line(spec.words.offered, `${whole(spec, spec.offered[n])} ${spec.t}`),
              line(spec.words.sold, `${whole(spec, spec.sold[n])} ${spec.t}`),
            ];
            if (spec.prices[n] !== null) said.push(line(spec.words.price, `${money(spec, spec.prices[n])} ${spec.price.name}`));
            return `<b>${esc(spec.names[n])}</b><br>${said.join("<br>")}`;
          },
        },
        grid: { left: 4, right: 6, top: legend(Object.values(spec.words), width) + 34, bottom: 8, containLabel: true },
        xAxis: {
          ...axis(c), type: "category", data: spec.names, splitLine: { show: false },
          axisLabel: { ...axis(c).axisLabel, interval: "auto", rotate: narrow && spec.names.length > 6 ? 45 : 0 },
        },
        yAxis: [
          {
            ...axis(c), type: "value", name: spec.tonnes.name, nameTextStyle: { color: c.muted, align: "left" },
            axisLabel: { ...axis(c).axisLabel, formatter: (v) => scaled(spec, "tonnes", v, 2) },
          },
          {
            ...axis(c), type: "value", min: 0, name: spec.price.name, nameTextStyle: { color: c.muted, align: "right" },
            splitLine: { show: false }, axisLabel: { ...axis(c).axisLabel, formatter: (v) => scaled(spec, "price", v, 2) },
          },
        ],
        series: [
          {
            type: "bar", name: spec.words.offered, data: spec.offered, barMaxWidth: 34, barGap: "-100%", z: 1,
            itemStyle: { color: "transparent", borderColor: c.c5, borderWidth: 1.5, borderRadius: [3, 3, 0, 0] },
          },
          {
            type: "bar", name: spec.words.sold, data: spec.sold, barMaxWidth: 34, z: 2,
            itemStyle: { color: c.c1, borderRadius: [3, 3, 0, 0] },
          },
          {
            type: "line", name: spec.words.price, yAxisIndex: 1, data: spec.prices, symbol: "diamond", symbolSize: 11, z: 3,
            connectNulls: false, lineStyle: { color: c.c2, width: 1.5, type: "dashed" },
            itemStyle: { color: c.c2, borderColor: c.card, borderWidth: 1 },
          },
        ],
      };
    },

    flows(spec, c) {
      const shade = { source: c.c1, government: c.c3, holders: c.c4, exchange: c.c6, end: c.c2 };
      const names = Object.fromEntries(spec.nodes.map((node) => [node.key, node.name]));
      const last = Math.max(...spec.nodes.map((node) => node.stage));
      const outer = spec.nodes.filter((node) => node.stage === last).map((node) => `${node.name}  ${node.said}`);
      const said = Object.fromEntries(spec.nodes.map((node) => [node.key, node.said]));
      return {
        ...base(c),
        tooltip: {
          ...base(c).tooltip, trigger: "item",
          formatter: (row) =>
            row.dataType === "edge"
              ? `${esc(names[row.data.source])} → ${esc(names[row.data.target])}<br><b>${whole(spec, row.data.value)} ${esc(spec.t)}</b>`
              : `${esc(names[row.name])}<br><b>${whole(spec, row.value)} ${esc(spec.t)}</b>`,
        },
        series: [{
          type: "sankey", left: 4, right: widest(outer, 12.5) + 14, top: 8, bottom: 8, nodeGap: 15, nodeWidth: 14, layoutIterations: 64,
          nodeAlign: "justify", emphasis: { focus: "adjacency" }, blur: { itemStyle: { opacity: 0.35 }, lineStyle: { opacity: 0.1 }, label: { opacity: 0.5 } }, draggable: false,
          data: spec.nodes.map((node) => ({
            name: node.key, depth: node.stage, itemStyle: { color: shade[node.part], borderWidth: 0 },
            label: { position: "right" },
          })),
          links: spec.links.map(([source, target, value]) => ({ source, target, value })),
          lineStyle: { color: "source", opacity: 0.28, curveness: 0.5 },
          label: {
            color: c.text, fontSize: 12.5, textBorderColor: c.card, textBorderWidth: 3,
            formatter: (row) => `${names[row.name]}  ${said[row.name]}`,
          },
        }],
      };
    },
  };

  const draw = (paper) => {
    if (typeof echarts === "undefined") return;
    const c = colours(paper);
    for (const [key, spec] of Object.entries(specs)) {
      const box = document.getElementById(key);
      if (!box || box.closest("[hidden]")) continue;
      let chart = drawn.get(key);
      if (!chart) {
        box.textContent = "";
        chart = echarts.init(box, null, { renderer: "svg" });
        drawn.set(key, chart);
      }
      chart.resize();
      chart.setOption(kinds[spec.kind](spec, c, box.clientWidth), true);
      // On paper the drawing is scaled to the width of the page, which is not known here.
      const svg = box.querySelector("svg");
      if (svg && paper) svg.setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`);
      else if (svg) svg.removeAttribute("viewBox");
    }
  };

  const speak = (lang) => {
    const bodies = [...document.querySelectorAll(".body")];
    if (!bodies.some((body) => body.dataset.lang === lang)) return;
    for (const body of bodies) body.hidden = body.dataset.lang !== lang;
    const shown = bodies.find((body) => !body.hidden);
    document.documentElement.lang = shown.lang;
    document.title = `${shown.querySelector("h1").textContent} · Capwright`;
    draw(false);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-switch]");
    if (!button) return;
    const lang = button.dataset.switch;
    speak(lang);
    const twin = document.querySelector(`.body:not([hidden]) [data-switch="${lang}"]`);
    if (twin) twin.focus({ preventScroll: true });
  });

  let waiting = 0;
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(() => draw(false), 120);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(false));

  const opened = [];
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll(".body:not([hidden]) details:not([open])")) {
      one.open = true;
      opened.push(one);
    }
    draw(true);
  });
  addEventListener("afterprint", () => {
    for (const one of opened.splice(0)) one.open = false;
    draw(false);
  });

  const asked = new URLSearchParams(location.search).get("lang");
  if (asked) speak(asked);
  draw(false);
})();
