// The order ticket and one's orders: checked as one types, sent after a look at it.
"use strict";
(() => {
  const shared = window.capwrightTrade;
  const ticket = document.getElementById("ticket");
  if (!shared || !ticket) return;
  const { page, state, say, el, fill, price, money, tonnes, day, moment, read } = shared;
  const confirmBox = document.getElementById("confirm");
  const said = ticket.querySelector("[data-said]");
  const first = said.textContent;
  const sum = (name, text) => { ticket.querySelector(`[data-s="${name}"]`).textContent = text; };
  const currency = document.documentElement.dataset.currency;
  const side = () => ticket.elements.side.value;
  const sideWord = (value) => page.words.side[value];
  let checked = null;
  let picked = null;

  const toast = (text, kind) => {
    const made = el("p", { className: `notice ${kind}` }, text);
    document.getElementById("toasts").append(made);
    setTimeout(() => made.remove(), kind === "error" ? 12000 : 6000);
  };

  // Sending.
  const token = ticket.elements.csrfmiddlewaretoken.value;
  const send = async (given) => {
    const body = new FormData();
    for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, product: page.code, ...given })) body.set(name, value);
    let answer;
    try {
      const reply = await fetch(page.urls.send, { method: "POST", body, headers: { Accept: "application/json" } });
      answer = await reply.json();
    } catch {
      toast(say("No answer from the market. Look at your orders before you send again.", "未收到应答，请先核对我的申报再重试。"), "error");
      read();
      return null;
    }
    if (answer.code) toast(`${answer.code} ${answer.message}`, "error");
    else toast(answer.traded_t ? `${answer.message} ${say("Traded", "成交")} ${tonnes.format(answer.traded_t)} ${say("t", "吨")}` : answer.message, "success");
    read();
    return answer;
  };

  // The ticket.
  const dress = () => {
    ticket.classList.toggle("buy", side() === "buy");
    ticket.classList.toggle("sell", side() === "sell");
    sum("total-label", side() === "buy" ? say("To pay", "应付") : say("To receive", "应收"));
    most();
    check();
  };
  const most = () => {
    const at = document.getElementById("most");
    const [fen, free] = [Math.round(Number(ticket.elements.price.value.replace(/,/g, "")) * 100), state.standing];
    if (side() === "sell") at.textContent = `${say("At most", "最多可卖")} ${tonnes.format(free.free_t)} ${say("t", "吨")}`;
    else if (fen > 0) {
      const mode = state.product.modes.find((one) => one.mode === state.product.book);
      const each = fen * (1 + (mode ? mode.buyer_fee_ppm : 0) / 1e6);
      at.textContent = `${say("At most", "最多可买")} ${tonnes.format(Math.floor(free.cash_fen / each))} ${say("t", "吨")}`;
    } else at.textContent = "";
  };
  let timer = 0;
  let asked = 0;
  const check = () => {
    clearTimeout(timer);
    checked = null;
    const { price: p, quantity } = ticket.elements;
    if (!p.value.trim() || !quantity.value.trim()) {
      for (const name of ["value", "fee", "total"]) sum(name, "–");
      said.className = "said";
      said.textContent = first;
      return;
    }
    timer = setTimeout(look, 180);
  };
  const look = async () => {
    const mine = ++asked;
    const given = new FormData(ticket);
    given.delete("csrfmiddlewaretoken");
    let found;
    try {
      found = await (await fetch(`${page.urls.check}?${new URLSearchParams(given)}`)).json();
    } catch { return null; }
    if (mine !== asked) return null;
    const known = found.value_fen !== null && found.value_fen !== undefined;
    sum("value", known ? money(found.value_fen) : "–");
    sum("fee", known ? money(found.fee_fen) : "–");
    sum("total", known ? money(found.total_fen) : "–");
    said.className = `said ${found.code ? "bad" : "good"}`;
    if (found.code) said.textContent = `${found.code} ${found.message}`;
    else if (picked) said.textContent = say("The listing can be picked: it trades at once.", "可点选，确认后立即成交。");
    else if (found.takes_t) said.textContent = `${say("Would trade at once:", "将立即成交：")} ${tonnes.format(found.takes_t)} ${say("t", "吨")}`;
    else said.textContent = say("The market would take this order.", "该申报可以受理。");
    checked = found;
    return found;
  };
  const clear = () => {
    picked = null;
    ticket.elements.action.value = "place";
    ticket.elements.listing.value = "";
    ticket.elements.price.value = "";
    ticket.elements.quantity.value = "";
    ticket.elements.price.readOnly = false;
    for (const radio of ticket.querySelectorAll("[name=side]")) radio.disabled = false;
    document.getElementById("picked").hidden = true;
    dress();
  };
  const choose = (value) => {
    clear();
    ticket.querySelector(`[name=side][value=${value}]`).checked = true;
    dress();
    ticket.elements.price.focus();
  };
  const pick = (number) => {
    const one = [...state.book.buy_listings, ...state.book.sell_listings].find((x) => x.number === number);
    if (!one) return;
    clear();
    picked = one;
    const mine = one.side === "buy" ? "sell" : "buy";
    ticket.querySelector(`[name=side][value=${mine}]`).checked = true;
    for (const radio of ticket.querySelectorAll("[name=side]")) radio.disabled = radio.value !== mine;
    ticket.elements.action.value = "pick";
    ticket.elements.listing.value = String(number);
    ticket.elements.price.value = (one.price_fen_per_t / 100).toFixed(2);
    ticket.elements.price.readOnly = true;
    ticket.elements.quantity.value = String(one.left_t);
    const at = document.getElementById("picked");
    at.hidden = false;
    at.textContent = say(
      `Picking a listing to ${one.side} ${tonnes.format(one.left_t)} t at ${price(one.price_fen_per_t)}: you ${mine}.`,
      `点选${sideWord(one.side)}挂牌：${price(one.price_fen_per_t)}${currency}/吨，剩余${tonnes.format(one.left_t)}吨；本方${sideWord(mine)}。`);
    dress();
    ticket.elements.quantity.focus();
    ticket.elements.quantity.select();
  };

  const review = async () => {
    clearTimeout(timer); // a later look would make this one void, and the click be lost
    const found = checked || (await look());
    if (!found || found.code) return;
    document.getElementById("confirm-head").textContent = picked ? `${say("Pick", "点选")} · ${sideWord(side())} ${page.code}` : `${sideWord(side())} ${page.code}`;
    const validity = ticket.elements.validity ? page.words.validity[ticket.elements.validity.value] : "";
    const lines = [
      [say(`Price, ${currency}/t`, `价格（${currency}/吨）`), ticket.elements.price.value],
      [say("Tonnes", "数量（吨）"), tonnes.format(Number(ticket.elements.quantity.value.replace(/,/g, "")))],
      [say(`Value, ${currency}`, `金额（${currency}）`), money(found.value_fen)],
      [say(`Fee, ${currency}`, `手续费（${currency}）`), money(found.fee_fen)],
      [side() === "buy" ? say(`To pay, ${currency}`, `应付（${currency}）`) : say(`To receive, ${currency}`, `应收（${currency}）`), money(found.total_fen)],
    ];
    if (!picked && validity) lines.push([say("Validity", "有效期"), validity + (ticket.elements.validity.value === "gtd" ? ` ${ticket.elements.until.value}` : "")]);
    document.getElementById("confirm-lines").replaceChildren(...lines.flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v)]));
    document.getElementById("confirm-said").textContent = found.takes_t ? say("It trades at once.", "确认后立即成交。") : say("It stands in the book until it trades, expires or is cancelled.", "未成交部分将挂牌等待，直至成交、失效或撤单。");
    confirmBox.showModal();
    document.getElementById("confirm-yes").focus();
  };
  document.getElementById("confirm-no").addEventListener("click", () => confirmBox.close());
  document.getElementById("confirm-yes").addEventListener("click", async () => {
    confirmBox.close();
    const button = ticket.querySelector("button.send");
    button.disabled = true;
    const answer = await send(Object.fromEntries(new FormData(ticket)));
    button.disabled = false;
    if (!answer) return; // the same id again is harmless
    ticket.elements.command_id.value = answer.command_id;
    if (!answer.code) clear();
  });
  ticket.addEventListener("submit", (event) => { event.preventDefault(); review(); });
  ticket.addEventListener("input", () => { most(); check(); });
  ticket.addEventListener("change", (event) => {
    if (event.target.name === "side") dress();
    if (event.target.name === "validity") document.getElementById("until-field").hidden = event.target.value !== "gtd";
  });
  document.getElementById("book").addEventListener("click", (event) => {
    const button = event.target.closest("[data-pick]");
    if (button) { pick(Number(button.dataset.pick)); return; }
    const row = event.target.closest("[data-price]"); // a level: its price, on the other side
    if (!row) return;
    choose(row.dataset.side === "sell" ? "buy" : "sell");
    ticket.elements.price.value = (Number(row.dataset.price) / 100).toFixed(2);
    most();
    ticket.elements.quantity.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") { clear(); document.activeElement.blur(); return; }
    if (event.target.closest("input:not([type=radio]), select, textarea")) return;
    const key = event.key.toLowerCase();
    if (key === "b" || key === "s") { event.preventDefault(); choose(key === "b" ? "buy" : "sell"); }
  });

  // Orders, trades, offers.
  const act = (label, handler, kind = "quiet") => {
    const made = el("button", { type: "button", className: kind }, label);
    made.addEventListener("click", handler);
    return made;
  };
  const cell = (text, className = "") => el("td", { className }, text);
  const sideCell = (value) => cell(sideWord(value), value === "buy" ? "up" : "down");
  const changeBox = document.getElementById("change");
  const changeForm = document.getElementById("change-form");
  let changing = null;
  const change = (one) => {
    changing = one.id;
    changeForm.elements.price.value = (one.price_fen_per_t / 100).toFixed(2);
    changeForm.elements.quantity.value = String(one.left_t);
    changeBox.showModal();
  };
  changeBox.querySelector("[data-close]").addEventListener("click", () => changeBox.close());
  changeForm.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await send({ action: "replace", order: changing, price: changeForm.elements.price.value, quantity: changeForm.elements.quantity.value });
    if (answer && !answer.code) changeBox.close();
  });
  const orderRow = (one) => el("tr", {},
    cell(moment(one.at_ms)), cell(one.product), sideCell(one.side), cell(price(one.price_fen_per_t), "n"),
    cell(`${tonnes.format(one.left_t)} / ${tonnes.format(one.quantity_t)}`, "n"), cell(one.until ? day(one.until) : say("today", "当日")),
    el("td", { className: "acts-cell" }, act(say("Change", "改单"), () => change(one)), " ", act(say("Cancel", "撤单"), () => send({ action: "cancel", order: one.id }))));
  const tradeRow = (one) => el("tr", {},
    cell(moment(one.at_ms)), cell(one.product), sideCell(one.side), cell(price(one.price_fen_per_t), "n"),
    cell(tonnes.format(one.quantity_t), "n"),
    el("td", {}, page.words.mode[one.mode] || one.mode, one.busted ? el("span", { className: "tag bad" }, say("busted", "已撤销")) : ""));
  const dealRow = (one) => el("tr", {},
    el("td", {}, one.other_name, el("br"), el("code", {}, one.other)), cell(one.product), sideCell(one.side),
    cell(price(one.price_fen_per_t), "n"), cell(tonnes.format(one.quantity_t), "n"),
    el("td", { className: "acts-cell" },
      one.own ? act(say("Withdraw", "撤回"), () => send({ action: "withdraw", deal: one.id }))
        : act(say("Confirm", "确认"), () => { if (window.confirm(say(`Settle ${tonnes.format(one.quantity_t)} t at ${price(one.price_fen_per_t)} now?`, `确认以${price(one.price_fen_per_t)}${currency}/吨成交${tonnes.format(one.quantity_t)}吨？`))) send({ action: "confirm", deal: one.id }); }, ""),
      " ", one.own ? "" : act(say("Decline", "拒绝"), () => send({ action: "withdraw", deal: one.id }))));
  const list = (id, rows) => {
    fill(id, rows);
    const none = document.getElementById(`${id}-none`);
    if (none) { none.hidden = rows.length > 0; none.previousElementSibling.hidden = rows.length === 0; }
  };
  const standing = (found) => {
    const texts = { free: tonnes.format(found.free_t), held: tonnes.format(found.held_t), settling: tonnes.format(found.settling_t), blocked: tonnes.format(found.blocked_t), cash: money(found.cash_fen), "cash-held": money(found.cash_held_fen) };
    for (const [name, text] of Object.entries(texts)) document.querySelector(`[data-p="${name}"]`).textContent = text;
  };
  const show = () => {
    list("orders", state.orders.map(orderRow));
    list("trades", state.trades.map(tradeRow));
    list("deals", state.deals.map(dealRow));
    standing(state.standing);
    const mass = document.getElementById("mass");
    mass.hidden = !state.orders.some((one) => one.product === page.code);
    if (picked && !state.book.buy_listings.concat(state.book.sell_listings).some((x) => x.number === picked.number)) {
      toast(say("The listing you were picking is gone.", "所点选的挂牌已成交、已变更或已撤销。"), "warning");
      clear();
    }
    most();
  };
  shared.listeners.push(show);
  show();
  document.getElementById("mass").addEventListener("submit", (event) => {
    event.preventDefault();
    if (window.confirm(say(`Cancel all your orders of ${page.code}?`, `确认撤销${page.code}的全部申报？`))) send({ action: "mass" });
  });
  const deal = document.getElementById("deal");
  if (deal) {
    const answerAt = deal.querySelector("[data-said]");
    let later = 0;
    deal.addEventListener("input", () => {
      clearTimeout(later);
      later = setTimeout(async () => {
        const given = new FormData(deal);
        given.delete("csrfmiddlewaretoken");
        if (!given.get("price") || !given.get("quantity") || !given.get("counterparty")) return;
        const found = await (await fetch(`${page.urls.check}?${new URLSearchParams(given)}`)).json();
        answerAt.className = `said ${found.code ? "bad" : "good"}`;
        answerAt.textContent = found.code ? `${found.code} ${found.message}` : `${say("Value", "金额")} ${money(found.value_fen)} · ${say("fee", "手续费")} ${money(found.fee_fen)}`;
      }, 250);
    });
    deal.addEventListener("submit", async (event) => {
      event.preventDefault();
      const answer = await send(Object.fromEntries(new FormData(deal)));
      if (answer && !answer.code) { deal.reset(); answerAt.textContent = ""; }
    });
  }
  dress();
})();
