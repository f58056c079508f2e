// Everything works without this file. It adds: '/' for the search, the theme without leaving the page,
// a cursor on charts that follows the arrow keys, the pointer and the finger, pages that follow what happens,
// and keys for lists.
"use strict";

const THEMES = ["system", "dark", "light"];
const DAY_MS = 86_400_000;
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

const KEYS = { "/": search, j: () => step(1), k: () => step(-1), x: pick, a: act, s: act, e: act, r: act, "?": help };

addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (Object.hasOwn(KEYS, event.key) && KEYS[event.key](event.key)) event.preventDefault();
});

function search() {
  const field = document.getElementById("q");
  field?.focus();
  field?.select();
  return field;
}

// Lists: the line that has the focus is the one that keys are about.
const LINE = ":is([data-alert], [data-line])";
const subjects = () => [...document.querySelectorAll(`${LINE} .subject`)];
const current = () => document.activeElement?.closest(LINE);
const picks = () => [...document.querySelectorAll(`${LINE} input[name=ids]`)];

function step(by) {
  const found = subjects();
  const now = found.indexOf(current()?.querySelector(".subject"));
  const next = found[now < 0 ? 0 : Math.min(found.length - 1, Math.max(0, now + by))];
  next?.focus();
  next?.scrollIntoView({ block: "center" });
  return next;
}

function pick() {
  const box = current()?.querySelector("input[name=ids]");
  box?.click();
  return box;
}

function act(key) {
  const wanted = document.querySelector(`[aria-keyshortcuts="${key}"]`);
  if (!wanted) return false;
  if (subjects().length && !picks().some((box) => box.checked) && !pick()) return false;
  if (wanted.tagName === "BUTTON") wanted.click();
  else {
    wanted.parentElement.open = true;
    wanted.parentElement.querySelector("input:not([type=hidden])").focus();
  }
  return true;
}

function help() {
  const keys = document.getElementById("keys");
  if (!keys) return false;
  keys.open = !keys.open;
  keys.querySelector("summary").focus();
  return true;
}

addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) for (const box of picks()) box.checked = event.target.checked;
  if (event.target.matches("[data-all], input[name=ids]")) countPicks();
});

countPicks();

function countPicks() {
  const all = document.querySelector("[data-all]");
  const told = document.querySelector("[data-picked]");
  if (!all || !told) return;
  const picked = picks().filter((box) => box.checked).length;
  all.hidden = false;
  all.checked = picked === picks().length;
  all.indeterminate = picked > 0 && !all.checked;
  told.value = `${picked || "None"} selected`;
}

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

followPlots();

function followPlots() {
  for (const plot of document.querySelectorAll("[data-plot]")) follow(plot);
}

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

// Live: the stream says what changed, and the page is fetched again under the reader's own session.
const QUIET_MS = 400; // between two fetches, and at least four times as long as the last one took
const LATER_MS = 1000; // while somebody is writing
const SETTLED_MS = 100; // htmx needs 20 until what it swapped in can be fetched again
const page = () => document.getElementById("main");
let fetchedAt = 0;
let tookMs = 0;
let waiting = null;
let fetching = false;
let again = false; // something changed since the fetch that is under way began
let missed = false;
let reader = null;

if (page()?.dataset.live && window.EventSource && window.htmx) begin();

function begin() {
  let stream = listen();
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    stream = listen(); // the reader came back to a page that was put aside
    missed = true;
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (!isWhole(event)) return;
    reader = place();
    if (!writing()) return;
    event.detail.shouldSwap = false;
    setTimeout(soon, LATER_MS);
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => { fetching ||= isWhole(event); });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (isWhole(event)) setTimeout(fetched, SETTLED_MS);
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status !== 401) return;
    stream.close();
    tell("off", "Logged out: load the page again");
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (!isWhole(event)) return;
    tookMs = Date.now() - fetchedAt;
    followPlots();
    countPicks();
    putBack(reader);
  });
}

// Whether the page itself was fetched, and not a part of it that comes later.
function isWhole(event) {
  return event.detail.requestConfig?.elt.id === "main";
}

function listen() {
  const stream = new EventSource("/stream");
  stream.addEventListener("open", () => {
    tell("on", "Live");
    if (missed) soon();
    missed = false;
  });
  stream.addEventListener("error", () => {
    missed = true;
    const ended = stream.readyState === EventSource.CLOSED; // the session is over, or the server takes no more
    tell("off", ended ? "Not live: load the page again" : "Not live: trying again");
  });
  stream.addEventListener("changed", (event) => {
    if (concerns(JSON.parse(event.data))) soon();
  });
  return stream;
}

function tell(state, words) {
  const sign = document.querySelector("[data-stream]");
  sign.hidden = false;
  sign.dataset.stream = state;
  sign.title = words;
  sign.querySelector("span").textContent = words;
}

function concerns(change) {
  const about = page().dataset.live;
  if (about === "events") return change.events;
  if (about === "alerts" || about === "acts") return change[about];
  if (change.customers === null) return true;
  return about.startsWith("customer ") ? change.customers.includes(about.slice(9)) : change.customers.length > 0;
}

function soon() {
  if (fetching) {
    again = true;
    return;
  }
  if (waiting !== null || document.hidden) return;
  const pause = Math.max(QUIET_MS, 4 * tookMs);
  waiting = setTimeout(refresh, Math.max(0, fetchedAt + pause - Date.now()));
}

function fetched() {
  fetching = false;
  if (again) soon();
  again = false;
}

function refresh() {
  waiting = null;
  if (writing()) {
    setTimeout(soon, LATER_MS);
    return;
  }
  fetchedAt = Date.now();
  htmx.trigger(page(), "keepwell:live");
}

// Whether a form of the page holds something that is not sent yet, or is about to.
function writing() {
  if (page().contains(document.activeElement) && document.activeElement.closest("form")) return true;
  return [...page().querySelectorAll("form :is(input, select, textarea), input[form]")].some((field) =>
    field.options
      ? field.value !== ([...field.options].find((each) => each.defaultSelected) ?? field.options[0])?.value
      : field.value !== field.defaultValue || field.checked !== field.defaultChecked);
}

// Where the reader is: what is open, how far lists are scrolled, what has the focus.
function place() {
  const focus = page().contains(document.activeElement) && document.activeElement;
  const href = focus && focus.getAttribute("href");
  return {
    open: new Map([...page().querySelectorAll("details")].map((each) => [title(each), each.open])),
    scrolled: [...page().querySelectorAll(".scroll")].map((each) => each.scrollTop),
    focus: focus && { tag: focus.tagName, href, index: alike(focus.tagName, href).indexOf(focus), value: focus.value },
  };
}

function putBack({ open, scrolled, focus }) {
  for (const each of page().querySelectorAll("details")) if (open.has(title(each))) each.open = open.get(title(each));
  page().querySelectorAll(".scroll").forEach((each, index) => { each.scrollTop = scrolled[index] ?? 0; });
  if (!focus) return;
  const found = focus.tag === "MAIN" ? page() : alike(focus.tag, focus.href)[focus.index];
  if (found?.type === "range") found.value = focus.value;
  found?.focus({ preventScroll: true });
}

function title(details) {
  const summary = details.querySelector("summary");
  const section = details.closest("[aria-labelledby]")?.getAttribute("aria-labelledby");
  return details.id || `${section} ${(summary.firstElementChild ?? summary).textContent}`;
}

function alike(tag, href) {
  return [...page().querySelectorAll(tag)].filter((each) => each.getAttribute("href") === href);
}
