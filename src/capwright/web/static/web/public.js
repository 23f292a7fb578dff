// A price as a line over volumes as bars. Its data stand in the page; without a script the tables say the same.
"use strict";
(() => {
  const place = document.getElementById("chart");
  const series = JSON.parse(document.getElementById("series").textContent);
  if (!place || !window.echarts || !series.length) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const chart = echarts.init(place, null, { renderer: "svg" });
  const text = { color: colour("--muted") };
  const { lang } = document.documentElement;
  const short = new Intl.NumberFormat(lang, { notation: "compact" });
  const day = new Intl.DateTimeFormat(lang, { year: "2-digit", month: "short", day: "numeric", timeZone: "UTC" });
  const dated = (on) => (/^\d{4}-\d\d-\d\d$/.test(on) ? day.format(new Date(on)) : on);
  chart.setOption({
    animation: false,
    grid: { left: 48, right: 64, top: 32, bottom: 56 },
    tooltip: { trigger: "axis" },
    dataZoom: series.length > 60 ? [{ type: "slider", height: 18, bottom: 8, start: 50, end: 100, textStyle: text }] : [],
    xAxis: { type: "category", data: series.map((row) => dated(row[0])), axisLabel: { ...text, hideOverlap: true } },
    yAxis: [
      { type: "value", name: place.dataset.priceUnit, nameTextStyle: { ...text, align: "right" }, scale: true, axisLabel: text, splitLine: { lineStyle: { color: colour("--grid") } } },
      { type: "value", name: place.dataset.volumeUnit, nameTextStyle: { ...text, align: "left" }, axisLabel: { ...text, formatter: (v) => short.format(v) }, splitLine: { show: false } },
    ],
    series: [
      { name: place.dataset.price, type: "line", showSymbol: false, data: series.map((row) => row[1]), color: colour("--c1") },
      { name: place.dataset.volume, type: "bar", yAxisIndex: 1, data: series.map((row) => row[2]), color: colour("--c5"), itemStyle: { opacity: 0.45 } },
    ],
  });
  addEventListener("resize", () => chart.resize());
})();
