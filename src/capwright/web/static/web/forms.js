// Rows of a form are added and removed here; without this the same buttons ask the server to do it.
"use strict";
const ROWS = ":scope > fieldset.line";
const renumber = (list) => {
  list.querySelectorAll(ROWS).forEach((row, n) => {
    const own = row.querySelectorAll(":scope > legend [data-number], :scope > button [data-number]");
    for (const place of own) place.textContent = n + 1;
  });
};
const more = (list) => {
  const template = list.querySelector(":scope > template");
  const depth = /\.__(\d+)__/.exec(template.innerHTML)[1]; // the first is that of the row itself
  const numbers = [...list.querySelectorAll(ROWS)].map((row) => Number(row.id.split(".").pop()));
  const next = Math.max(-1, ...numbers) + 1;
  template.insertAdjacentHTML("beforebegin", template.innerHTML.replaceAll(`__${depth}__`, next));
  renumber(list);
  template.previousElementSibling.querySelector("input, select, textarea").focus();
};
const fewer = (row) => {
  const list = row.parentElement;
  row.remove();
  renumber(list);
  list.querySelector(":scope > button").focus();
};
document.querySelector("form[data-rows]")?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=more], button[name=fewer]");
  if (!button) return;
  event.preventDefault();
  if (button.name === "more") more(button.closest("fieldset.rows"));
  else fewer(button.closest("fieldset.line"));
});
