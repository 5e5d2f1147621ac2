// The live stream of a page. One rule: a newer state replaces an older one, and nothing else does.
//
// The page has <div id="stream" hx-sse:connect="URL" hx-trigger="load, every 15s" hx-swap="none">,
// written by base.html when the page sets `stream`. The server sends
//   unnamed message   joined cells <td id="q-42-1" data-version="17" hx-swap-oob="true" class="…">
//   event: status     {"delayed": 0}      seconds the tail is behind, 0 when it is not
//   event: reset      {"reason": "…"}     the cursor is of no use: tables are read again
//   : comment         every 15 s          a heartbeat; any byte counts as contact
// Any element with an id and a data-version is a cell. Other content of a message goes to htmx.
// A table that can be read again is marked data-live-region and has an id.

const LOST_WORDS_MS = 1_500; // a server that restarts is back before anybody should read about it
const STALE_MS = 10_000;
const WATCHDOG_MS = 45_000;
const FLASH_MS = 1_600;
const SPEAK_MS = 10_000;
const KEPT = new Set(["data-flash", "data-htmx-powered", "aria-expanded", "hx-morph-skip"]);

const badge = document.getElementById("connection");
const pause = document.getElementById("pause");
const summary = document.getElementById("live-summary");
const streamElement = () => document.getElementById("stream");
const words = (name, values = {}) => (badge.dataset[name] ?? "").replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
const clock = new Intl.DateTimeFormat(document.documentElement.lang || "en", {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: badge?.dataset.timeZone || undefined,
});

const state = {
  connection: null, // what hx-sse keeps about the stream; its reader can be cancelled
  contactAt: Date.now(), // the last byte from the server
  lostAt: Date.now(), // since when there is no stream; 0 while there is one
  everConnected: false,
  signedOut: false,
  delayed: 0,
  isPaused: false,
  mustReread: false,
  waiting: new Map(), // id -> newest cell that came while paused
  held: new Map(), // id -> newest cell that came while its cell was being edited
};

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

/** Replace the cell on the page; return the one that now stands there. */
function replaceCell(shown, next) {
  next.removeAttribute("hx-swap-oob");
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

const flashing = new Map();

/** Tint a cell once for this change. */
function flash(cell) {
  clearTimeout(flashing.get(cell));
  if (cell.hasAttribute("data-flash")) {
    // Begin again: the tint of the change before is still fading.
    cell.removeAttribute("data-flash");
    requestAnimationFrame(() => cell.setAttribute("data-flash", ""));
  } else cell.setAttribute("data-flash", "");
  flashing.set(cell, setTimeout(() => {
    cell.removeAttribute("data-flash");
    flashing.delete(cell);
  }, FLASH_MS));
}

const figure = (cell) => (cell.querySelector("strong, button, .zero") ?? cell).textContent.trim();

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
  note.textContent = now === was ? "" : words("now", { now, was });
  note.hidden = now === was;
}

const LOW = '[data-state="low"], [data-state="out"]';

/** Show one newer cell. Older ones, and cells of rows that are not here, are dropped. */
function apply(next, { withFlash = true } = {}) {
  const shown = document.getElementById(next.id);
  if (!shown || versionOf(next) <= versionOf(shown)) return false;
  if (isInEdit(shown)) {
    const held = state.held.get(next.id);
    if (!held || versionOf(held) < versionOf(next)) state.held.set(next.id, next);
    sayMeanwhile(shown, state.held.get(next.id));
    return false;
  }
  const hasChanged = shown.textContent.trim() !== next.textContent.trim();
  const becameLow = Boolean(next.querySelector(LOW)) && !shown.querySelector(LOW);
  const cell = replaceCell(shown, next);
  if (hasChanged && withFlash) flash(cell);
  if (hasChanged) count(becameLow);
  return hasChanged;
}

/** Show, or keep for later, all cells of one message. */
function receive(cells) {
  if (!state.isPaused) {
    for (const cell of cells) apply(cell);
    return;
  }
  for (const cell of cells) {
    const newest = state.waiting.get(cell.id) ?? document.getElementById(cell.id);
    if (newest && versionOf(cell) > versionOf(newest)) state.waiting.set(cell.id, cell);
  }
}

// A popup closed, or the focus left a cell: what was held back for it is due.
function release() {
  for (const [id, cell] of [...state.held]) {
    const shown = document.getElementById(id);
    if (shown && isInEdit(shown)) continue;
    state.held.delete(id);
    if (state.isPaused) receive([cell]);
    else apply(cell);
  }
}
document.addEventListener("popup:closed", release);
document.addEventListener("focusout", () => setTimeout(release, 0));

// --- what is said ----------------------------------------------------------------------------

const recent = []; // moments of the changes of the last minute
let unspoken = 0;
let unspokenLow = 0;
let spokenAt = 0;

function count(becameLow) {
  recent.push(Date.now());
  unspoken += 1;
  unspokenLow += Number(becameLow);
}

/** Tell screen readers at most every ten seconds, in one sentence. */
function speak() {
  if (!summary || !unspoken || Date.now() - spokenAt < SPEAK_MS) return;
  const say = (one, many, n) => (n === 1 ? summary.dataset[one] : summary.dataset[many].replace("{n}", n));
  const parts = [say("one", "many", unspoken)];
  if (unspokenLow) parts.push(say("lowOne", "lowMany", unspokenLow));
  summary.textContent = parts.join(", ");
  spokenAt = Date.now();
  unspoken = unspokenLow = 0;
}

/** Keep <span data-live-note data-word="… {time}, {n} …"> under a table up to date. */
function writeNotes() {
  while (recent.length && recent[0] < Date.now() - 60_000) recent.shift();
  const values = { time: clock.format(state.contactAt - state.delayed * 1000), n: recent.length };
  for (const note of document.querySelectorAll("[data-live-note]")) {
    const text = note.dataset.word.replace(/\{(\w+)\}/g, (_, key) => values[key]);
    if (note.textContent !== text) note.textContent = text;
  }
}

// --- the connection --------------------------------------------------------------------------

function describe() {
  const lost = state.lostAt ? Date.now() - state.lostAt : 0;
  const time = clock.format(state.contactAt);
  if (state.signedOut) return ["offline", words("signedOut")];
  if (!state.everConnected && lost < STALE_MS) return ["connecting", words("connecting")];
  if (lost > WATCHDOG_MS || (lost && !navigator.onLine)) return ["offline", words("offline", { time: time.slice(0, 5) })];
  if (lost > LOST_WORDS_MS) return ["reconnecting", words("reconnecting", { time })];
  if (state.isPaused) {
    const n = state.waiting.size;
    return ["paused", n === 0 ? words("paused") : n === 1 ? words("pausedOne") : words("pausedMany", { n })];
  }
  if (state.delayed > 0) return ["delayed", words("delayed", { s: Math.round(state.delayed) })];
  return ["live", words("live")];
}

function render() {
  const [name, text] = describe();
  if (badge.dataset.state !== name) badge.dataset.state = name;
  if (badge.textContent !== text) badge.textContent = text;
  const isStale = state.lostAt > 0 && Date.now() - state.lostAt > STALE_MS;
  for (const note of document.querySelectorAll("[data-stale-note]")) {
    if (note.hidden === isStale) {
      note.hidden = !isStale;
      note.querySelector("span").textContent = note.dataset.word.replace("{time}", clock.format(state.contactAt));
    }
  }
}

function noteContact() {
  state.contactAt = Date.now();
}

/** Count every byte as contact: hx-sse reports messages, but not the comments between them. */
function watchBytes(connection) {
  if (state.connection === connection) return;
  state.connection = connection;
  let watched = null;
  Object.defineProperty(connection, "reader", {
    get: () => watched,
    set: (reader) => {
      watched = reader && {
        read: async () => {
          const part = await reader.read();
          if (!part.done) noteContact();
          return part;
        },
        cancel: (reason) => reader.cancel(reason),
        releaseLock: () => reader.releaseLock(),
      };
    },
  });
}

function noteLoss(status) {
  state.lostAt ||= Date.now();
  state.signedOut = status === 401;
  render();
}

function isStream(event) {
  return event.target === streamElement();
}

document.addEventListener("htmx:sse:before:connection", (event) => {
  if (!isStream(event)) return;
  watchBytes(event.detail.connection);
  if (event.detail.connection.attempt > 0) noteLoss();
});
document.addEventListener("htmx:sse:after:connection", (event) => {
  if (!isStream(event)) return;
  Object.assign(state, { lostAt: 0, everConnected: true, signedOut: false });
  noteContact();
  render();
});
document.addEventListener("htmx:sse:error", (event) => isStream(event) && noteLoss(event.detail.status));
document.addEventListener("htmx:sse:close", (event) => isStream(event) && noteLoss());
document.addEventListener("htmx:response:error", (event) => isStream(event) && noteLoss(event.detail.ctx.response.status));
document.addEventListener("htmx:error", (event) => isStream(event) && noteLoss());
for (const name of ["online", "offline"]) addEventListener(name, () => badge && render());

document.addEventListener("htmx:sse:before:message", (event) => {
  if (!isStream(event) || event.detail.message.event) return;
  const { cells, rest } = takeCells(event.detail.message.data);
  receive(cells);
  if (rest) event.detail.message.data = rest;
  else event.detail.cancelled = true;
  render();
});

function parsed(data) {
  try {
    return JSON.parse(data || "{}");
  } catch {
    return {};
  }
}

document.addEventListener("status", (event) => {
  if (!isStream(event)) return;
  state.delayed = Number(parsed(event.detail.data).delayed) || 0;
  render();
});

// --- reading again ---------------------------------------------------------------------------

/** Read the tables again from the server; a cell being edited is passed over. */
async function reread() {
  state.waiting.clear();
  state.mustReread = false;
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
  if (state.isPaused) state.mustReread = true;
  else reread();
});

// A table that was read anew (filter, page) may ask for another stream.
document.addEventListener("htmx:after:swap", () => {
  const old = streamElement();
  const wanted = document.querySelector("[data-stream]")?.dataset.stream;
  if (!old || !wanted || old.getAttribute("hx-sse:connect") === wanted) return;
  const fresh = old.cloneNode(false);
  fresh.setAttribute("hx-sse:connect", wanted);
  fresh.removeAttribute("data-htmx-powered");
  window.htmx.remove?.(old) ?? old.remove();
  document.body.append(fresh);
  window.htmx.process(fresh);
});

// --- pause -----------------------------------------------------------------------------------

/** Freeze the screen, not the stream; on the way back only final states are shown, at once. */
function togglePause() {
  state.isPaused = !state.isPaused;
  pause.setAttribute("aria-pressed", String(state.isPaused));
  if (!state.isPaused) {
    const cells = [...state.waiting.values()];
    state.waiting.clear();
    if (state.mustReread) reread();
    else for (const cell of cells) apply(cell, { withFlash: false });
  }
  render();
}

if (badge) {
  pause?.addEventListener("click", togglePause);
  render();
  setInterval(() => {
    if (document.hidden) return;
    // Connected, but silent for too long: a dead line is cut so that hx-sse connects again.
    if (!state.lostAt && Date.now() - state.contactAt > WATCHDOG_MS) {
      state.lostAt = state.contactAt;
      state.connection?.reader?.cancel();
    }
    render();
    speak();
    writeNotes();
  }, 1000);
  // The stream rests while the tab is hidden; its silence then is no loss.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      if (state.lostAt) state.lostAt = Date.now();
      else noteContact();
    }
  });
}
