// What is said about the live stream: the connection in words, old numbers, a summary for screen
// readers. It watches every byte and cuts a line that has been silent for too long. The cells
// themselves are cells.js's.

const LOST_WORDS_MS = 1_500; // a server that restarts is back before anybody should read about it
const STALE_MS = 10_000;
const WATCHDOG_MS = 45_000;
const SPEAK_MS = 10_000;

const badge = document.getElementById("connection");
const summary = document.getElementById("live-summary");
const isStream = (event) => event.target === document.getElementById("stream");
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
  delayed: 0, // seconds
  isPaused: false,
  waiting: 0, // changes that came while paused
};

// --- the connection --------------------------------------------------------------------------

function describe() {
  const lost = state.lostAt ? Date.now() - state.lostAt : 0;
  const time = clock.format(state.contactAt);
  if (state.signedOut) return ["offline", words("signedOut")];
  if (!state.everConnected && lost < STALE_MS) return ["connecting", words("connecting")];
  if (lost > WATCHDOG_MS || (lost && !navigator.onLine)) return ["offline", words("offline", { time: time.slice(0, 5) })];
  if (lost > LOST_WORDS_MS) return ["reconnecting", words("reconnecting", { time })];
  if (state.isPaused) {
    const n = state.waiting;
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
  if (status) state.signedOut = status === 401;
  render();
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

document.addEventListener("live:waiting", (event) => {
  Object.assign(state, { isPaused: event.detail.isPaused, waiting: event.detail.n });
  render();
});

// --- what is said ----------------------------------------------------------------------------

const recent = []; // changes of the last minute: when, and how many
let unspoken = 0;
let unspokenLow = 0;
let spokenAt = 0;

document.addEventListener("live:changed", (event) => {
  const { n, low } = event.detail;
  recent.push({ at: Date.now(), n });
  unspoken += n;
  unspokenLow += low;
});

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

/** Keep <span data-live-note data-word="… {time}, {n} …" data-word-one="…"> under a table up to date. */
function writeNotes() {
  while (recent.length && recent[0].at < Date.now() - 60_000) recent.shift();
  const n = recent.reduce((sum, change) => sum + change.n, 0);
  const values = { time: clock.format(state.contactAt - state.delayed * 1000), n };
  for (const note of document.querySelectorAll("[data-live-note]")) {
    const word = (values.n === 1 && note.dataset.wordOne) || note.dataset.word;
    const text = word.replace(/\{(\w+)\}/g, (_, key) => values[key]);
    if (note.textContent !== text) note.textContent = text;
  }
}

if (badge) {
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
