// Behaviour shared by all pages. Everything works without it; this only makes it quicker.
"use strict";
document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-href]");
  if (row && !event.target.closest("a, button, input, select, label")) location.assign(row.dataset.href);
});
document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("button[data-once]");
  if (button) setTimeout(() => { button.disabled = true; }, 0); // a second click sends nothing twice
});
// Tables sort by a click on a heading; numbers by their value.
document.addEventListener("click", (event) => {
  const head = event.target.closest("table.sortable th");
  if (!head) return;
  const body = head.closest("table").tBodies[0];
  const at = head.cellIndex;
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = (row) => {
    const text = row.cells[at].dataset.value ?? row.cells[at].textContent.trim();
    const number = Number(text.replace(/[,\s%]/g, ""));
    return text === "" || Number.isNaN(number) ? text : number;
  };
  const rows = [...body.rows].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "zh");
    return down ? -order : order;
  });
  body.append(...rows);
});
