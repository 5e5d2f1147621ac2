// Tables that are read anew, by a filter, a page or a reset: what the stream told while the answer was
// under way may be newer than the answer, and another table may want another stream.

const REMEMBER_MS = 30_000; // longer than any reading of a table takes

const lately = new Map(); // id -> {cell, at}: what came in the last half minute, in the order it came
const versionOf = (cell) => Number(cell.dataset.version);

/** Keep cells for a while, also those of rows that are not here: a search may bring the row. */
function remember(cells) {
  const now = Date.now();
  for (const cell of cells) {
    const known = lately.get(cell.id);
    if (known && versionOf(known.cell) >= versionOf(cell)) continue;
    lately.delete(cell.id);
    lately.set(cell.id, { cell, at: now });
  }
  for (const [id, { at }] of lately) {
    if (now - at < REMEMBER_MS) break;
    lately.delete(id);
  }
}

/** Open the stream that the page's table asks for, where that is another one. */
function followTable() {
  const stream = document.getElementById("stream");
  const wanted = document.querySelector("[data-stream]")?.dataset.stream;
  if (!stream || !wanted || stream.getAttribute("hx-sse:connect") === wanted) return;
  stream.setAttribute("hx-sse:connect", wanted);
  window.htmx.process(stream, true); // ends the old connection and opens the new one
}

document.addEventListener("live:received", (event) => remember(event.detail.cells));
document.addEventListener("htmx:after:swap", () => {
  const cells = [...lately.values()].map(({ cell }) => cell);
  if (cells.length) document.dispatchEvent(new CustomEvent("live:again", { detail: { cells } }));
  followTable();
});
