// The live stream by the browser's own EventSource, where hx-sse is not at work: its script was
// blocked or did not arrive. It tells the same events on #stream, so cells.js and live.js know no
// difference. EventSource hides comments: after 45 s without a change live.js has it connect anew.

const WAIT_MS = 3_000; // hx-sse begins at once or not at all
const AGAIN_MS = 5_000; // after an answer that is no stream EventSource gives up; we do not

const element = document.getElementById("stream");
let source = null;
let lastId = "";
let isAtWork = false;

function tell(name, detail = {}) {
  return element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, cancelable: true }));
}

const connection = { attempt: 0, reader: null };

function address() {
  const url = new URL(element.getAttribute("hx-sse:connect"), location.href);
  if (lastId) url.searchParams.set("after", lastId); // a new EventSource forgets its last id
  return url.href;
}

/** Show what is no cell of a table: elements that name their place by their id. */
function swap(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const next of [...template.content.children]) document.getElementById(next.id)?.replaceWith(next);
}

function receive(event) {
  lastId = event.lastEventId || lastId;
  const detail = { connection, message: { data: event.data, event: "", id: lastId }, cancelled: false };
  if (tell("htmx:sse:before:message", detail) && !detail.cancelled) swap(detail.message.data);
}

function close() {
  source?.close();
  source = null;
}

function open() {
  if (source || document.hidden) return;
  source = new EventSource(address());
  connection.reader = { cancel: reopen };
  tell("htmx:sse:before:connection", { connection });
  source.onopen = () => {
    connection.attempt = 0;
    tell("htmx:sse:after:connection", { connection });
  };
  source.onmessage = receive;
  for (const name of ["status", "reset"]) {
    source.addEventListener(name, (event) => {
      lastId = event.lastEventId || lastId;
      if (name === "reset" && !window.htmx) location.reload();
      else tell(name, { data: event.data, id: lastId });
    });
  }
  source.onerror = () => {
    connection.attempt += 1;
    tell("htmx:sse:error", { connection });
    if (source?.readyState !== EventSource.CLOSED) return;
    close();
    setTimeout(open, AGAIN_MS);
  };
}

function reopen() {
  close();
  open();
}

function begin() {
  if (isAtWork) return;
  open();
  // A hidden tab frees its connection: over HTTP/1.1 a browser has six for all its tabs.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  new MutationObserver(reopen).observe(element, { attributeFilter: ["hx-sse:connect"] });
}

if (element && "EventSource" in window) {
  for (const name of ["htmx:before:request", "htmx:sse:before:connection"]) {
    document.addEventListener(name, (event) => { isAtWork ||= event.target === element; });
  }
  const start = () => setTimeout(begin, window.htmx ? WAIT_MS : 0);
  if (document.readyState === "complete") start();
  else addEventListener("load", start, { once: true });
}
