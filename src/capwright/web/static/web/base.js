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
// A table sorts by its headings, numbers by their value; the headings become buttons, so that a keyboard
// reaches them.
// Days are written 2024年7月22日 and 22 Jul 2024, times after them, months without a day; they sort as 2024-07-22.
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY = /^(?:(\d{4})年(\d{1,2})月(?:(\d{1,2})日)?|(?:(\d{1,2}) )?([A-Z][a-z]{2}) (\d{4}))(.*)$/;
const sortBy = (head) => {
  const body = head.closest("table").tBodies[0];
  const at = head.cellIndex;
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = (row) => {
    const text = row.cells[at].dataset.value ?? row.cells[at].textContent.trim();
    const dated = DAY.exec(text);
    if (dated) {
      const two = (number) => String(number || 0).padStart(2, "0");
      return `${dated[1] || dated[6]}-${two(dated[2] || 1 + MONTHS.indexOf(dated[5]))}-${two(dated[3] || dated[4])}${dated[7]}`;
    }
    const number = Number(text.replace(/[,\s%]/g, ""));
    return text === "" || Number.isNaN(number) ? text : number;
  };
  const rows = [...body.rows].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "zh");
    return down ? -order : order;
  });
  body.append(...rows);
};
const shade = (box) => box.classList.toggle("more", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
// What scrolls sideways can be scrolled by keyboard only where it can be focused.
const reach = () => {
  for (const box of document.querySelectorAll(".scroll, pre")) {
    shade(box);
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
  for (const head of document.querySelectorAll("table.sortable th")) {
    if (head.querySelector("button") || !head.textContent.trim()) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(head));
    head.append(button);
  }
};
reach();
addEventListener("resize", reach);
addEventListener("scroll", ({ target }) => { if (target.classList?.contains("scroll")) shade(target); }, { capture: true, passive: true });
// On a phone the desk's pages are one row: the open one is brought into it.
const nav = document.querySelector(".desk-nav");
const open = nav?.querySelector("[aria-current]");
if (open && nav.scrollWidth > nav.clientWidth) nav.scrollLeft = open.offsetLeft - nav.clientWidth / 2 + open.offsetWidth / 2;
const grown = new ResizeObserver(reach); // rows that come later
for (const box of document.querySelectorAll(".scroll > *")) grown.observe(box);
document.addEventListener("htmx:afterSettle", reach);
// A session ends when nobody uses it. Whoever types or clicks uses it, once a minute is enough to say so.
let used = Date.now();
const use = () => {
  if (Date.now() - used < 60000) return;
  used = Date.now();
  fetch("/desk/in-use/", { redirect: "manual" }).catch(() => {});
};
if (document.querySelector("form[action$='/logout/']")) {
  for (const sign of ["keydown", "pointerdown", "input"]) addEventListener(sign, use, { capture: true, passive: true });
}
