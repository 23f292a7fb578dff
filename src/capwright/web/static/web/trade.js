// The live market: chart, book, tape, and on a trading screen one's orders. Pushed over the WebSocket, which
// is resumed after a break; while there is none, read anew every three seconds.
"use strict";
(() => {
  const holder = document.getElementById("market-data");
  if (!holder) return;
  const page = JSON.parse(holder.textContent);
  const zh = page.lang === "zh";
  const say = (en, cn) => (zh ? cn : en);
  const POLL_MS = 3000;
  const state = page.live;
  const listeners = [];

  // Words and numbers.
  const tonnes = new Intl.NumberFormat("en-US");
  const decimals = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const money = (fen) => decimals.format(fen / 100);
  const price = (fen) => (fen ? money(fen) : "–");
  const local = (ms) => new Date(ms + page.offset_min * 60000).toISOString();
  const clock = (ms) => local(ms).slice(11, 19);
  const day = (iso) => { // with its year when that is another; "21 Jul" and "7月21日", as on the pages
    const year = iso.slice(0, 4) === local(state.at_ms).slice(0, 4) ? undefined : "numeric";
    return new Date(iso.slice(0, 10)).toLocaleDateString(zh ? "zh-CN" : "en-GB", { day: "numeric", month: zh ? "long" : "short", year, timeZone: "UTC" });
  };
  const moment = (ms) => { // as much of the date as is needed
    const [then, today] = [local(ms), local(state.at_ms)];
    if (then.slice(0, 10) === today.slice(0, 10)) return clock(ms);
    return then.slice(0, 4) === today.slice(0, 4) ? `${day(then)} ${then.slice(11, 16)}` : day(then);
  };
  const el = (tag, given = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (value === false || value === undefined) continue;
      if (name.startsWith("data-") || name.startsWith("aria-") || name === "colspan") made.setAttribute(name, value);
      else made[name] = value;
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };
  const field = (name) => document.querySelector(`[data-f="${name}"]`);
  const put = (name, text) => { const found = field(name); if (found && found.textContent !== text) found.textContent = text; };
  const fill = (id, rows) => { const body = document.getElementById(id); if (body) body.replaceChildren(...rows); return body; };

  // The head.
  const head = () => {
    const { product, day } = state;
    const now = product.last_fen_per_t || product.opening_fen_per_t;
    const change = product.last_fen_per_t ? product.last_fen_per_t - product.opening_fen_per_t : 0;
    const share = product.opening_fen_per_t ? (change / product.opening_fen_per_t) * 100 : 0;
    put("last", price(now));
    put("change", product.last_fen_per_t && product.opening_fen_per_t ? `${change > 0 ? "+" : ""}${money(change)}  ${change > 0 ? "+" : ""}${share.toFixed(2)}%` : "");
    const trend = change > 0 ? "up" : change < 0 ? "down" : "";
    for (const name of ["last", "change"]) { const at = field(name); if (at) at.className = `${name} ${trend}`; }
    put("phase", page.words.phase[day.phase]);
    const tag = field("phase");
    if (tag) tag.className = `tag ${product.halt ? "bad" : day.phase === "session" ? "good" : "warn"}`;
    const halt = field("halt");
    if (halt) halt.hidden = !product.halt;
    put("halt-why", product.halt || "");
    put("opening", price(product.opening_fen_per_t));
    put("high", price(product.high_fen_per_t));
    put("low", price(product.low_fen_per_t));
    put("upper", price(product.upper_fen_per_t));
    put("lower", price(product.lower_fen_per_t));
    put("volume", tonnes.format(product.volume_t));
    put("turnover", money(product.turnover_fen));
    put("trades", tonnes.format(product.trades));
  };

  // The book: price levels, or single listings where they are picked.
  const LEVELS = 5;
  const bar = (row, share) => {
    const made = el("i", { className: "fill" });
    made.style.width = `${Math.max(2, Math.round(share * 100))}%`;
    row.cells[1].append(made);
  };
  const levelRow = (side, level, most) => {
    const row = el("tr", { className: side, "data-price": level.price_fen_per_t, "data-side": side },
      el("td", { className: "p" }, price(level.price_fen_per_t)),
      el("td", { className: "n" }, tonnes.format(level.quantity_t)),
      el("td", { className: "n" }, String(level.orders)));
    bar(row, level.quantity_t / most);
    return row;
  };
  const listingRow = (side, one, most) => {
    let act = "";
    if (one.mine) act = el("span", { className: "tag" }, say("mine", "本方"));
    else if (one.may_pick && page.may_act && state.product.is_open) {
      act = el("button", { type: "button", className: "plain", "data-pick": one.number }, say("Pick", "点选"));
    }
    const row = el("tr", { className: side },
      el("td", { className: "p" }, price(one.price_fen_per_t)),
      el("td", { className: "n" }, tonnes.format(one.left_t)),
      el("td", { className: "n" }, act));
    bar(row, one.left_t / most);
    return row;
  };
  const book = () => {
    const found = state.book;
    const single = Boolean(page.account) && found.matching === "click";
    const buy = single ? found.buy_listings : found.buy.slice(0, LEVELS);
    const sell = single ? found.sell_listings : found.sell.slice(0, LEVELS);
    const size = (one) => (single ? one.left_t : one.quantity_t);
    const most = Math.max(1, ...buy.map(size), ...sell.map(size));
    const make = single ? listingRow : levelRow;
    const rows = sell.map((one) => make("sell", one, most)).reverse();
    const best = (list) => (list.length ? list[0].price_fen_per_t : 0);
    let middle = say("no orders yet", "暂无申报");
    if (buy.length && sell.length) middle = `${say("spread", "价差")} ${money(best(sell) - best(buy))}`;
    else if (buy.length) middle = say("no sell orders", "暂无卖出申报");
    else if (sell.length) middle = say("no buy orders", "暂无买入申报");
    rows.push(el("tr", { className: "mid" }, el("td", { colspan: 3 }, middle)));
    rows.push(...buy.map((one) => make("buy", one, most)));
    fill("book", rows);
    put("book-third", single ? "" : say("Orders", "笔数"));
  };

  const tape = () => {
    const rows = state.tape.map((one) => el("tr", {},
      el("td", {}, moment(one.at_ms)),
      el("td", { className: `n ${one.side === "buy" ? "up" : one.side === "sell" ? "down" : ""}` }, price(one.price_fen_per_t)),
      el("td", { className: "n" }, tonnes.format(one.quantity_t))));
    if (!rows.length) rows.push(el("tr", {}, el("td", { colspan: 3, className: "note" }, say("No trades yet.", "尚无成交。"))));
    fill("tape", rows);
  };

  const render = () => {
    head();
    book();
    tape();
    for (const listen of listeners) listen(state);
  };

  // The chart.
  const chart = (() => {
    const at = document.getElementById("price-chart");
    const lib = window.LightweightCharts;
    if (!at || !lib) return null;
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const look = () => ({
      layout: { background: { type: "solid", color: "transparent" }, textColor: colour("--muted"), attributionLogo: false, fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { vertLines: { color: colour("--grid") }, horzLines: { color: colour("--grid") } },
      rightPriceScale: { borderColor: colour("--line") },
      timeScale: { borderColor: colour("--line"), timeVisible: false, secondsVisible: false, maxBarSpacing: 28 },
      localization: { locale: zh ? "zh-CN" : "en-GB", priceFormatter: (value) => decimals.format(value), dateFormat: zh ? "yyyy年MM月dd日" : "dd MMM yyyy" },
      autoSize: true,
    });
    const made = lib.createChart(at, look());
    const candles = made.addSeries(lib.CandlestickSeries, {});
    const volume = made.addSeries(lib.HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    made.priceScale("volume").applyOptions({ scaleMargins: { top: 0.8, bottom: 0 } });
    made.priceScale("right").applyOptions({ scaleMargins: { top: 0.08, bottom: 0.25 } });
    const dress = () => {
      made.applyOptions(look());
      const [up, down] = [colour("--up"), colour("--down")];
      candles.applyOptions({ upColor: up, borderUpColor: up, wickUpColor: up, downColor: down, borderDownColor: down, wickDownColor: down });
      volume.applyOptions({ color: colour("--c5") });
    };
    dress();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dress);
    const note = document.getElementById("chart-note");
    let [data, span] = [null, "days"];
    const minute = (s) => s + page.offset_min * 60;
    const shown = () => {
      if (!data) return;
      const days = span === "days";
      const rows = days ? data.days.filter((row) => row[5] > 0 && row[4] > 0).map((r) => [r[0], r[1], Math.max(r[2], r[4]), Math.min(r[3], r[4]), r[4], r[5]]) : data.minutes.map((r) => [minute(r[0]), ...r.slice(1)]);
      candles.setData(rows.map((r) => ({ time: r[0], open: r[1] / 100, high: r[2] / 100, low: r[3] / 100, close: r[4] / 100 })));
      const [up, down] = [colour("--up"), colour("--down")];
      volume.setData(rows.map((r) => ({ time: r[0], value: r[5], color: `${r[4] >= r[1] ? up : down}66` })));
      made.applyOptions({ timeScale: { timeVisible: !days } });
      if (days && rows.length > 130) made.timeScale().setVisibleLogicalRange({ from: rows.length - 130, to: rows.length + 2 });
      else made.timeScale().fitContent();
      note.hidden = rows.length > 0;
      note.textContent = days ? say("No day has made a closing price yet.", "尚无形成收盘价的交易日。") : say("No trade today yet.", "今日尚无成交。");
    };
    const load = async () => {
      const answer = await fetch(page.urls.chart);
      if (!answer.ok) return;
      data = await answer.json();
      const first = !data.days.some((row) => row[5] > 0) && data.minutes.length; // a market's first day
      if (first && span === "days") document.querySelector('[data-span="minutes"]').click();
      else shown();
    };
    for (const button of document.querySelectorAll("[data-span]")) {
      button.addEventListener("click", () => {
        span = button.dataset.span;
        for (const other of document.querySelectorAll("[data-span]")) other.setAttribute("aria-pressed", String(other === button));
        shown();
      });
    }
    load();
    return {
      load,
      trade: (one) => { // a trade joins its minute without reading anew
        if (!data) return;
        const begins = Math.floor(one.at_ms / 60000) * 60;
        const last = data.minutes[data.minutes.length - 1];
        const p = one.price_fen_per_t;
        if (last && last[0] === begins) {
          [last[2], last[3], last[4], last[5]] = [Math.max(last[2], p), Math.min(last[3], p), p, last[5] + one.quantity_t];
        } else data.minutes.push([begins, p, p, p, p, one.quantity_t]);
        if (span === "minutes") shown();
      },
    };
  })();

  // What comes in.
  let reading = false;
  let again = false;
  const read = async () => {
    if (reading) { again = true; return; }
    reading = true;
    try {
      const answer = await fetch(page.urls.live, { headers: { Accept: "application/json" } });
      if (answer.ok) { Object.assign(state, await answer.json()); render(); }
    } catch { /* the next look will tell */ } finally {
      reading = false;
      if (again) { again = false; soon(); }
    }
  };
  let waiting = 0;
  const soon = () => { if (!waiting) waiting = setTimeout(() => { waiting = 0; read(); }, 150); };
  const traded = (one) => {
    if (one.busted) { soon(); return; }
    if (state.tape.some((line) => line.seq === one.seq && line.at_ms === one.at_ms && line.price_fen_per_t === one.price_fen_per_t && line.quantity_t === one.quantity_t)) return;
    const { product } = state;
    const p = one.price_fen_per_t;
    state.tape.unshift({ ...one, side: one.aggressor });
    state.tape.length = Math.min(state.tape.length, 40);
    product.last_fen_per_t = p;
    product.first_fen_per_t ||= p;
    product.high_fen_per_t = Math.max(product.high_fen_per_t, p);
    product.low_fen_per_t = product.low_fen_per_t ? Math.min(product.low_fen_per_t, p) : p;
    product.volume_t += one.quantity_t;
    product.turnover_fen += one.quantity_t * p;
    product.trades += 1;
    if (chart) chart.trade(one);
    render();
  };
  const level = ([price_fen_per_t, quantity_t, orders]) => ({ price_fen_per_t, quantity_t, orders });
  const take = (message) => {
    if (message.seq) state.seq = Math.max(state.seq, message.seq);
    const [kind] = message.channel.split(":");
    if (kind === "gap" || kind === "orders" || kind === "day") soon();
    else if (kind === "trades") traded({ seq: message.seq, ...message.data });
    else if (kind === "book") {
      state.book.buy = message.data.buy.map(level);
      state.book.sell = message.data.sell.map(level);
      if (page.account && state.book.matching === "click") soon();
      else render();
    }
  };
  const channels = [`book:${page.code}`, `trades:${page.code}`, "day"];
  if (page.account) channels.push(`orders:${page.account}`);
  let failures = 0;
  const mark = (mode) => {
    const at = field("link");
    if (!at) return;
    at.className = `live ${mode}`;
    at.textContent = mode === "push" ? say("live", "实时") : say("every 3 s", "每3秒更新");
  };
  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const ask = new URLSearchParams({ channels: channels.join(","), after: String(state.seq), together: "1" });
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/stream?${ask}`);
    socket.addEventListener("open", () => { failures = 0; mark("push"); });
    socket.addEventListener("message", (event) => JSON.parse(event.data).forEach(take));
    socket.addEventListener("close", () => {
      failures += 1;
      if (failures > 1) mark("poll");
      setTimeout(connect, Math.min(30000, 500 * 2 ** failures));
    });
  };
  connect();
  setInterval(() => { if (failures && !document.hidden) read(); }, POLL_MS);
  setInterval(() => { if (!document.hidden) read(); }, 60000); // sessions begin and end without an event
  document.addEventListener("visibilitychange", () => { if (!document.hidden) read(); });

  window.capwrightTrade = { page, state, say, el, fill, price, money, tonnes, day, moment, read, listeners, render };
  render();
})();
