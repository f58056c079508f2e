// Everything works without this file. It adds: '/' for the search, the theme without leaving the page,
// and a cursor on charts that follows the arrow keys, the pointer and the finger.
"use strict";

const THEMES = ["system", "dark", "light"];
const DAY_MS = 86_400_000;
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=range]), textarea, select, [contenteditable]");
  const search = document.getElementById("q");
  if (event.key !== "/" || typing || !search || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  search.focus();
  search.select();
});

const button = document.querySelector("[data-theme-button]");
button?.addEventListener("click", (event) => {
  event.preventDefault();
  choose(button.value);
});

function choose(theme) {
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.cookie = `keepwell_theme=${theme};path=/;max-age=31536000;samesite=lax`;
  button.value = next;
  button.title = `Theme: ${theme}`;
  button.setAttribute("aria-label", `Theme: ${theme}. Switch to ${next}`);
}

for (const plot of document.querySelectorAll("[data-plot]")) follow(plot);

function follow(plot) {
  const { first, low, high, unit, values } = plot.dataset;
  const points = values.split(",").map((text) => (text === "" ? null : Number(text) / 10));
  const slider = plot.querySelector("input");
  const cursor = plot.querySelector(".cursor");
  const last = points.length - 1;

  function show(index) {
    const value = points[index];
    const date = DATE.format(new Date((Number(first) + index) * DAY_MS));
    const words = `${date}: ${value === null ? "no value" : value.toFixed(1) + unit}`;
    slider.value = index;
    slider.setAttribute("aria-valuetext", words);
    cursor.querySelector("output").value = words;
    cursor.hidden = false;
    cursor.style.left = `${(index / last) * 100}%`;
    cursor.classList.toggle("at-start", index < last * 0.15);
    cursor.classList.toggle("at-end", index > last * 0.85);
    const dot = cursor.querySelector("i");
    dot.hidden = value === null;
    dot.style.bottom = `${((value - low) / (high - low)) * 100}%`;
  }

  slider.hidden = false;
  slider.addEventListener("input", () => show(Number(slider.value)));
  slider.addEventListener("focus", () => show(Number(slider.value)));
  slider.addEventListener("blur", () => { cursor.hidden = true; });
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    show(Math.round(share * last));
  });
  plot.addEventListener("pointerleave", () => { cursor.hidden = document.activeElement !== slider; });
}
