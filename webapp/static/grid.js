// The variant grid: fields that behave like a spreadsheet. Without this file they are a form.
//
// A cell is "chosen" (its text is selected: arrows move, typing replaces it) or "in edit" (arrows
// move the caret; Enter, F2 or a double click begin it, Enter and Tab end it, Esc puts the old text
// back). Only cells that differ from what was read are sent, as [[variant, field, typed, version,
// shown], …] in the field `changes`; the server answers with the grid anew, typed texts included.

const grid = () => document.querySelector("form[data-grid]");
const table = () => grid()?.querySelector("table");
const cellsOf = (row) => [...row.querySelectorAll("[data-cell]")].filter((cell) => cell.checkVisibility());
const rowsOf = () => [...(table()?.tBodies[0].rows ?? [])];
const allCells = () => [...(grid()?.querySelectorAll("[data-cell]") ?? [])];
const isDirty = (cell) => cell.value.trim() !== cell.dataset.saved;
const keyOf = (cell) => cell.name;

let editing = null; // the cell in edit, and the text it had when that began
let anchor = null; // where a selection of several cells of a column began
let steps = []; // what was done here and not saved: each a list of [cell name, text before]

// --- where one is ----------------------------------------------------------------------------

function place(cell) {
  const row = cell.closest("tr");
  return { row: rowsOf().indexOf(row), column: cellsOf(row).indexOf(cell) };
}

function cellAt(row, column) {
  const line = rowsOf()[row];
  return line && cellsOf(line)[column];
}

/** Put the focus into a cell and choose all of its text; one cell is in the order of Tab. */
function choose(cell, { keepSelection = false } = {}) {
  if (!cell) return;
  endEdit();
  if (!keepSelection) clearSelection();
  for (const other of table().querySelectorAll('[data-cell][tabindex="0"]')) other.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
  cell.select?.();
}

function move(cell, down, across) {
  const { row, column } = place(cell);
  choose(cellAt(row + down, column + across) ?? cell);
}

/** Go to the next cell in reading order, or leave the grid at its ends. */
function step(cell, by) {
  const all = allCells().filter((one) => one.checkVisibility());
  const next = all[all.indexOf(cell) + by];
  if (next) choose(next);
  return Boolean(next);
}

// --- editing ---------------------------------------------------------------------------------

function beginEdit(cell) {
  if (editing?.cell === cell) return;
  editing = { cell, before: cell.value };
  cell.closest("td").classList.add("in-edit");
  if (cell.setSelectionRange) cell.setSelectionRange(cell.value.length, cell.value.length);
  else cell.showPicker?.();
}

function endEdit() {
  if (!editing) return;
  const { cell, before } = editing;
  editing = null;
  cell.closest("td")?.classList.remove("in-edit");
  if (cell.value !== before) remember([[keyOf(cell), before]]);
  show();
}

function cancelEdit() {
  const { cell, before } = editing;
  cell.value = before;
  endEdit();
  cell.select?.();
}

/** Write texts into cells as one step that can be undone. */
function write(pairs) {
  const before = [];
  for (const [cell, text] of pairs) {
    const wanted = cell.tagName === "SELECT" ? optionFor(cell, text) : text.trim();
    if (wanted === undefined || wanted === cell.value) continue;
    before.push([keyOf(cell), cell.value]);
    cell.value = wanted;
  }
  remember(before);
  show();
}

function optionFor(select, text) {
  const plain = text.trim().toLowerCase();
  return [...select.options].find((one) => one.value === plain || one.text.toLowerCase() === plain)?.value;
}

function remember(before) {
  if (before.length) steps.push(before);
}

/** Take back the last thing done; return whether there was one. */
function undoStep() {
  const last = steps.pop();
  if (!last) return false;
  for (const [name, text] of last) {
    const cell = grid().elements[name];
    if (cell) cell.value = text;
  }
  const first = grid().elements[last[0][0]];
  if (first) choose(first);
  show();
  return true;
}

// --- several cells of a column ---------------------------------------------------------------

function selection() {
  return [...(table()?.querySelectorAll("td.picked > [data-cell]") ?? [])];
}

function clearSelection() {
  anchor = null;
  for (const cell of table()?.querySelectorAll("td.picked") ?? []) cell.classList.remove("picked");
}

function extend(cell, by) {
  anchor ??= place(cell);
  const here = place(cell);
  const to = Math.min(rowsOf().length - 1, Math.max(0, here.row + by));
  const start = anchor;
  choose(cellAt(to, start.column), { keepSelection: true });
  const [low, high] = [Math.min(start.row, to), Math.max(start.row, to)];
  rowsOf().forEach((_, row) => {
    const other = cellAt(row, start.column);
    other?.closest("td").classList.toggle("picked", row >= low && row <= high);
  });
}

/** Fill the chosen cells with the text of the uppermost; a single one takes the one above it. */
function fillDown(cell) {
  const chosen = selection();
  if (chosen.length > 1) {
    write(chosen.slice(1).map((one) => [one, chosen[0].value]));
    return;
  }
  const { row, column } = place(cell);
  const above = cellAt(row - 1, column);
  if (above) write([[cell, above.value]]);
}

function paste(cell, text) {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
  const { row, column } = place(cell);
  const pairs = [];
  const chosen = selection();
  if (lines.length === 1 && lines[0].length === 1 && chosen.length > 1) {
    for (const one of chosen) pairs.push([one, text]);
  } else {
    lines.forEach((parts, down) => parts.forEach((part, across) => {
      const target = cellAt(row + down, column + across);
      if (target) pairs.push([target, part]);
    }));
  }
  write(pairs);
  if (!chosen.length) cell.select?.();
}

// --- what is not saved yet -------------------------------------------------------------------

function dirtyCells() {
  return allCells().filter(isDirty);
}

function counted(form, name, n) {
  return (n === 1 ? form.dataset[`${name}One`] : form.dataset[`${name}Many`]).replace("{n}", n);
}

/** Say how much is not saved, on the button and below the table. */
function show() {
  const form = grid();
  const save = form?.querySelector("[data-save-button]");
  if (!save) return;
  for (const cell of allCells()) {
    const dirty = isDirty(cell);
    cell.closest("td").classList.toggle("dirty", dirty);
    if (!dirty) cell.removeAttribute("aria-invalid");
  }
  const n = dirtyCells().length + form.querySelectorAll("[data-elsewhere]").length;
  save.textContent = n ? counted(form, "save", n) : form.dataset.save;
  save.disabled = n === 0;
  form.querySelector("[data-dirty]").textContent = n ? counted(form, "dirty", n) : "";
  const undo = form.querySelector("[data-undo]");
  undo.disabled = steps.length === 0 && !undo.value;
}

function changes() {
  const typed = dirtyCells().map((cell) => {
    const row = cell.closest("tr");
    return [Number(row.dataset.row), cell.dataset.cell, cell.value.trim(), Number(row.dataset.version), cell.dataset.saved];
  });
  const elsewhere = [...grid().querySelectorAll("[data-elsewhere]")].map((field) => JSON.parse(field.value));
  return [...typed, ...elsewhere];
}

// Only what changed is sent. The Undo button after saving brings its own list.
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement !== grid()) return;
  endEdit();
  const all = ctx.request.body;
  const kept = new FormData();
  for (const name of ["_csrf_token", "keep"]) if (all.has(name)) kept.append(name, all.get(name));
  for (const cell of all.getAll("clash")) kept.append("clash", cell);
  kept.append("changes", all.get("changes") || JSON.stringify(changes()));
  ctx.request.body = kept;
});

// --- keys ------------------------------------------------------------------------------------

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function onArrow(event, cell) {
  if (editing?.cell === cell) {
    // While a text is replaced by typing, up and down leave it as they do in spreadsheets.
    const leaves = editing.typed && event.key in { ArrowUp: 1, ArrowDown: 1 };
    if (!leaves) return;
  }
  event.preventDefault();
  const [down, across] = ARROWS[event.key];
  if (event.shiftKey && down) extend(cell, down);
  else if (event.ctrlKey || event.metaKey) choose(farthest(cell, down, across));
  else move(cell, down, across);
}

function farthest(cell, down, across) {
  const { row, column } = place(cell);
  const width = cellsOf(cell.closest("tr")).length;
  if (down) return cellAt(down < 0 ? 0 : rowsOf().length - 1, column);
  return cellAt(row, across < 0 ? 0 : width - 1);
}

function onCommand(event, cell) {
  const key = event.key.toLowerCase();
  if (key === "d") fillDown(cell);
  else if (key === "z" && editing?.cell !== cell) grid().querySelector("[data-undo]").click();
  else if (key === "s") grid().requestSubmit(grid().querySelector("[data-save-button]"));
  else return;
  event.preventDefault();
}

function onEscape(cell) {
  if (editing?.cell === cell) cancelEdit();
  else if (selection().length) clearSelection();
  else (grid().querySelector("[data-save-button]:enabled") ?? document.getElementById("main")).focus();
}

function onEnter(event, cell) {
  event.preventDefault();
  if (editing?.cell !== cell) beginEdit(cell);
  else move(cell, event.shiftKey ? -1 : 1, 0);
}

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("[data-grid] [data-cell]");
  if (!cell || event.isComposing) return;
  if (event.key in ARROWS) onArrow(event, cell);
  else if (event.key === "Enter") onEnter(event, cell);
  else if (event.key === "F2") beginEdit(cell);
  else if (event.key === "Escape") {
    event.preventDefault();
    onEscape(cell);
  } else if (event.key === "Tab") {
    if (step(cell, event.shiftKey ? -1 : 1)) event.preventDefault();
    else endEdit();
  } else if (event.ctrlKey || event.metaKey) onCommand(event, cell);
  else if (event.key === "Delete" && editing?.cell !== cell) {
    event.preventDefault();
    write((selection().length ? selection() : [cell]).filter((one) => one.tagName === "INPUT").map((one) => [one, ""]));
  }
  event.stopPropagation(); // single letters are text here
});

// Typing into a chosen cell replaces its text: the edit began with the text before.
document.addEventListener("beforeinput", (event) => {
  const cell = event.target.closest?.("[data-grid] [data-cell]");
  if (!cell || editing?.cell === cell) return;
  editing = { cell, before: cell.value, typed: true };
});
document.addEventListener("input", (event) => {
  if (event.target.closest?.("[data-grid] [data-cell]")) show();
});
document.addEventListener("change", (event) => {
  const cell = event.target.closest?.("[data-grid] select[data-cell]");
  if (!cell || editing?.cell === cell) return;
  remember([[keyOf(cell), cell.dataset.before ?? cell.dataset.saved]]);
  show();
});
document.addEventListener("focusin", (event) => {
  const cell = event.target.closest?.("[data-grid] [data-cell]");
  if (editing && editing.cell !== cell) endEdit();
  if (cell?.tagName === "SELECT") cell.dataset.before = cell.value;
});
document.addEventListener("focusout", (event) => {
  if (event.target === editing?.cell) endEdit();
});
document.addEventListener("dblclick", (event) => {
  const cell = event.target.closest?.("[data-grid] input[data-cell]");
  if (cell) beginEdit(cell);
});
document.addEventListener("mouseup", (event) => {
  const cell = event.target.closest?.("[data-grid] input[data-cell]");
  if (cell && editing?.cell !== cell && cell.selectionStart === cell.selectionEnd) cell.select();
});
document.addEventListener("paste", (event) => {
  const cell = event.target.closest?.("[data-grid] [data-cell]");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!cell || (editing?.cell === cell && !/[\t\n]/.test(text))) return;
  event.preventDefault();
  endEdit();
  paste(cell, text);
});
document.addEventListener("copy", (event) => {
  const chosen = selection();
  if (!event.target.closest?.("[data-grid] [data-cell]") || chosen.length < 2) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", chosen.map((cell) => cell.value).join("\n"));
});

// --- undo, and the way out -------------------------------------------------------------------

// First what was typed here; when nothing of that is left, what was saved last.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-undo]") && undoStep()) event.preventDefault();
});

addEventListener("beforeunload", (event) => {
  endEdit();
  if (grid() && dirtyCells().length) event.preventDefault();
});

// --- the answer ------------------------------------------------------------------------------

let focused = "";

document.addEventListener("htmx:before:request", (event) => {
  if (event.detail.ctx.sourceElement !== grid()) return;
  focused = table()?.querySelector('[data-cell][tabindex="0"]')?.name ?? "";
  for (const cell of allCells()) if (cell.tagName === "INPUT") cell.readOnly = true; // what is typed now would be lost
});
document.addEventListener("htmx:error", () => {
  const form = grid();
  if (!form) return;
  for (const cell of allCells()) cell.readOnly = false;
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: form.dataset.lost, tone: "bad" } }));
});

/** Make a grid that was just shown ready: one cell in the order of Tab, the rest by the arrows. */
function start(wanted) {
  const all = allCells();
  if (!all.length) return;
  steps = [];
  editing = null;
  anchor = null;
  for (const cell of all) cell.tabIndex = -1;
  const first = all.find((cell) => cell.name === wanted) ?? all[0];
  first.tabIndex = 0;
  show();
}

let shown = null;
document.addEventListener("htmx:after:swap", () => {
  if (!grid() || grid() === shown) return;
  shown = grid();
  start(focused);
  const wrong = shown.querySelector('.conflict [value="mine"]') ?? table()?.querySelector('[aria-invalid="true"]');
  const back = wrong ?? shown.elements[focused];
  if (back?.dataset.cell) choose(back);
  else back?.focus();
});

// The stream cannot go on from where the page was read: the numbers alone are read again.
document.addEventListener("reset", async (event) => {
  if (event.target.id !== "stream" || !grid()) return;
  const answer = await fetch(location.href, { headers: { "HX-Request-Type": "full" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const cell of fresh.querySelectorAll("[data-grid] .live[id]")) {
    document.getElementById(cell.id)?.replaceWith(document.adoptNode(cell));
  }
});

shown = grid();
start("");
