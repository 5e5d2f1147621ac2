// Live cells. One rule: a newer state replaces an older one, and nothing else does.
//
// base.html writes <div id="stream" hx-sse:connect="URL" hx-trigger="load, every 15s" hx-swap="none">
// when the page sets `stream`. The server sends
//   unnamed message   joined cells <td id="q-42-1" data-version="17" hx-swap-oob="true" class="…">
//   event: status     {"delayed": 0}      seconds the tail is behind, 0 when it is not
//   event: reset      {"reason": "…"}     the cursor is of no use: tables are read again
//   : comment         every 15 s          a heartbeat; any byte counts as contact
// Any element with an id and a data-version is a cell. Other content of a message goes to htmx.
// A frame has plain figures in <strong>; a button around one on the page stays there.
// A table that can be read again has an id and is marked data-live-region; tables.js minds what came
// while that was under way. What is said about the connection is live.js's: it hears `live:changed`
// and `live:waiting` from here.

const FLASH_MS = 1_600;
const KEPT = new Set(["data-flash", "data-htmx-powered", "aria-expanded", "hx-morph-skip"]);
const LOW = '[data-state="low"], [data-state="out"]';

const streamElement = () => document.getElementById("stream");
const isStream = (event) => event.target === streamElement();
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

let isPaused = false;
let mustReread = false;
const waiting = new Map(); // id -> newest cell that came while paused
const held = new Map(); // id -> newest cell that came while its cell was being edited

// --- cells -----------------------------------------------------------------------------------

const versionOf = (cell) => Number(cell.dataset.version);

/** Take the cells out of a message; what is left in the template belongs to htmx. */
function takeCells(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const cells = [...template.content.children].filter((element) => element.id && element.dataset.version !== undefined);
  for (const cell of cells) cell.remove();
  return { cells, rest: template.innerHTML.trim() };
}

/** Look once for a whole message: mostly nobody is editing anything, and no cell need be asked. */
function isAnythingInEdit() {
  const field = document.activeElement;
  if (field && field !== document.body && field.matches("input, select, textarea")) return true;
  return document.querySelector('[data-version] [aria-expanded="true"], [data-version] :popover-open, [data-version] input, [data-version] textarea') !== null;
}

function isInEdit(cell) {
  const field = document.activeElement;
  if (cell.contains(field) && field.matches("input, select, textarea")) return true;
  if (cell.querySelector('[aria-expanded="true"], :popover-open')) return true;
  return [...cell.querySelectorAll("input, textarea")].some((input) => input.value !== input.defaultValue);
}

function haveSameShape(a, b) {
  if (a.nodeType !== b.nodeType || a.nodeName !== b.nodeName || a.childNodes.length !== b.childNodes.length) return false;
  return [...a.childNodes].every((child, index) => haveSameShape(child, b.childNodes[index]));
}

/** Write `next` into `shown` node by node, so that focus, hover and listeners stay. */
function writeInto(shown, next) {
  if (shown.nodeType === Node.TEXT_NODE) {
    if (shown.data !== next.data) shown.data = next.data;
    return;
  }
  for (const { name } of [...(shown.attributes ?? [])]) {
    if (!KEPT.has(name) && !next.hasAttribute(name)) shown.removeAttribute(name);
  }
  for (const { name, value } of next.attributes ?? []) {
    if (!KEPT.has(name) && shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  [...shown.childNodes].forEach((child, index) => writeInto(child, next.childNodes[index]));
}

/** A frame is the same for everybody; who may adjust has a button around the figure. It stays. */
function keepButton(shown, next) {
  const button = shown.querySelector(":scope > button[data-popup]");
  const figureNow = next.querySelector("strong");
  if (!button || !figureNow || next.querySelector("button")) return;
  const kept = button.cloneNode(true);
  figureNow.replaceWith(kept);
  kept.querySelector("strong")?.replaceWith(figureNow);
}

const onlyFigure = (cell) => {
  const figure = cell.firstChild;
  return figure && figure === cell.lastChild && figure.nodeName === "STRONG" && figure.firstChild === figure.lastChild && figure;
};

/** The usual case, in a tenth of the time: a bare figure in the place of a bare figure. */
function replaceFigure(shown, arrived) {
  const before = onlyFigure(shown);
  const after = before && onlyFigure(arrived);
  if (!after) return false;
  shown.dataset.version = arrived.dataset.version;
  if (shown.className !== arrived.className) shown.className = arrived.className;
  if (before.className !== after.className) before.className = after.className;
  if (before.firstChild) before.firstChild.data = after.textContent;
  else before.textContent = after.textContent;
  return true;
}

/** Replace the cell on the page; return the one that now stands there. */
function replaceCell(shown, arrived) {
  if (replaceFigure(shown, arrived)) return shown;
  const next = arrived.cloneNode(true); // what arrived is remembered as it was
  next.removeAttribute("hx-swap-oob");
  keepButton(shown, next);
  if (haveSameShape(shown, next)) {
    writeInto(shown, next);
    return shown;
  }
  const hadFocus = shown.contains(document.activeElement);
  shown.replaceWith(next);
  window.htmx?.process(next);
  if (hadFocus) next.querySelector("button, a, input")?.focus();
  return next;
}

const flashing = new Map(); // cell -> the message for which it is tinted

/** Tint the cells of one message once: one timer for all of them. */
function flash(cells) {
  const again = cells.filter((cell) => flashing.has(cell));
  for (const cell of cells) {
    flashing.set(cell, cells);
    cell.toggleAttribute("data-flash", !again.length || !again.includes(cell));
  }
  // Begin again where the tint of the change before is still fading.
  if (again.length) requestAnimationFrame(() => again.forEach((cell) => cell.setAttribute("data-flash", "")));
  setTimeout(() => {
    for (const cell of cells) {
      if (flashing.get(cell) !== cells) continue; // another message has tinted it since
      cell.removeAttribute("data-flash");
      flashing.delete(cell);
    }
  }, FLASH_MS);
}

const figure = (cell) => (cell.querySelector("strong, .zero") ?? cell.querySelector("button") ?? cell).textContent.trim();

/** Say in the open popup that the number behind it changed; what is typed there stays. */
function sayMeanwhile(shown, next) {
  const now = figure(next);
  const was = figure(shown);
  const opener = shown.querySelector("[data-popup]");
  const place = shown.querySelector(".popup") ?? (opener && document.getElementById(opener.dataset.popup)) ?? shown;
  let note = place.querySelector("[data-meanwhile]");
  if (!note) {
    note = document.createElement("span");
    note.dataset.meanwhile = "";
    place.prepend(note);
  }
  note.className = "meanwhile";
  note.textContent = now === was ? "" : document.getElementById("connection").dataset.now.replace("{now}", now).replace("{was}", was);
  note.hidden = now === was;
}

/** What people count as one change: the row of a cell, or the figure itself outside of tables. */
function unitOf(cell) {
  const row = cell.closest("tr");
  return row?.matches(".group") ? null : row ?? cell;
}

/** Show one newer cell. Older ones, and cells of rows that are not here, are dropped. */
function apply(next, changes, tinted, isEditing) {
  const shown = document.getElementById(next.id);
  if (!shown || versionOf(next) <= versionOf(shown)) return;
  if (isEditing && isInEdit(shown)) {
    const newest = held.get(next.id);
    if (!newest || versionOf(newest) < versionOf(next)) held.set(next.id, next);
    sayMeanwhile(shown, held.get(next.id));
    return;
  }
  const hasChanged = shown.textContent.trim() !== next.textContent.trim();
  const becameLow = Boolean(next.querySelector(LOW)) && !shown.querySelector(LOW);
  const cell = replaceCell(shown, next);
  if (!hasChanged) return;
  tinted.push(cell);
  const unit = unitOf(cell);
  if (unit) changes.set(unit, becameLow || changes.get(unit) === true);
}

/** Show cells, and tell how many changes they were and how many of them made something low. */
function applyAll(cells, { withFlash = true } = {}) {
  const changes = new Map(); // unit -> whether it became low
  const tinted = [];
  const isEditing = isAnythingInEdit();
  for (const cell of cells) apply(cell, changes, tinted, isEditing);
  if (withFlash && tinted.length) flash(tinted);
  if (changes.size) tell("live:changed", { n: changes.size, low: [...changes.values()].filter(Boolean).length });
}

function tellWaiting() {
  const units = [...waiting.keys()].map((id) => document.getElementById(id)).filter(Boolean).map(unitOf);
  tell("live:waiting", { isPaused, n: new Set(units.filter(Boolean)).size });
}

/** Show, or keep for later, all cells of one message. */
function receive(cells) {
  if (!isPaused) {
    applyAll(cells);
    return;
  }
  for (const cell of cells) {
    const newest = waiting.get(cell.id) ?? document.getElementById(cell.id);
    if (newest && versionOf(cell) > versionOf(newest)) waiting.set(cell.id, cell);
  }
  tellWaiting();
}

// A table was read anew: tables.js brings what the stream told while the answer was under way.
document.addEventListener("live:again", (event) => {
  if (isPaused) receive(event.detail.cells);
  else applyAll(event.detail.cells, { withFlash: false });
});

// A popup closed, or the focus left a cell: what was held back for it is due.
function release() {
  const due = [...held].filter(([id]) => {
    const shown = document.getElementById(id);
    return !shown || !isInEdit(shown);
  });
  for (const [id] of due) held.delete(id);
  if (due.length) receive(due.map(([, cell]) => cell));
}
document.addEventListener("popup:closed", release);
document.addEventListener("focusout", () => setTimeout(release, 0));

document.addEventListener("htmx:sse:before:message", (event) => {
  if (!isStream(event) || event.detail.message.event) return;
  const { cells, rest } = takeCells(event.detail.message.data);
  tell("live:received", { cells });
  receive(cells);
  if (rest) event.detail.message.data = rest;
  else event.detail.cancelled = true;
});

// --- reading again ---------------------------------------------------------------------------

/** Read the tables again from the server; a cell being edited is passed over. */
async function reread() {
  waiting.clear();
  mustReread = false;
  for (const region of document.querySelectorAll("[data-live-region]")) {
    const busy = [...region.querySelectorAll(".live")].filter(isInEdit);
    for (const cell of busy) cell.setAttribute("hx-morph-skip", "");
    const target = `#${CSS.escape(region.id)}`;
    await window.htmx.ajax("GET", location.href, { source: region, target, select: target, swap: "outerMorph" });
    for (const cell of busy) cell.removeAttribute("hx-morph-skip");
  }
}

document.addEventListener("reset", (event) => {
  if (!isStream(event)) return;
  if (isPaused) mustReread = true;
  else reread();
});

// --- pause -----------------------------------------------------------------------------------

/** Freeze the screen, not the stream; on the way back only final states are shown, at once. */
function togglePause(button) {
  isPaused = !isPaused;
  button.setAttribute("aria-pressed", String(isPaused));
  if (!isPaused) {
    const cells = [...waiting.values()];
    waiting.clear();
    if (mustReread) reread();
    else applyAll(cells, { withFlash: false });
  }
  tellWaiting();
}

document.getElementById("pause")?.addEventListener("click", (event) => togglePause(event.currentTarget));
