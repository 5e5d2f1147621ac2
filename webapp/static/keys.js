// The keyboard. Single letters act outside fields only and can be switched off (WCAG 2.1.4).
// An element that names its key in aria-keyshortcuts needs nothing here: the key clicks it, or
// puts the focus into it when it is a field.

const CHORD_MS = 1500;
const FIELDS = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";

let isWaitingForArea = false;
let chordTimer;

function singleLettersAreOn() {
  try {
    return localStorage.getItem("single-letters") !== "off";
  } catch {
    return true;
  }
}

const isShown = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

// --- rows ------------------------------------------------------------------------------------
// The cursor is the focus itself, on the row's first link, so Enter opens it by itself.

const ROWS = ".data tbody tr:not(.group), ul.rows > li, .board article.card";
const LINK = "th a, .name a, .two > a, a";

function rows() {
  const all = [...document.querySelectorAll("#main :is(.data tbody tr:not(.group), .rows > li, .board article)")];
  return all.filter((row) => row.querySelector(LINK) && isShown(row));
}

const currentRow = () => document.activeElement?.closest?.(ROWS);

function moveRow(by) {
  const all = rows();
  if (!all.length) return false;
  const at = all.indexOf(currentRow());
  const next = all[at === -1 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  const link = next.querySelector(LINK);
  link.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

let lastSelected;

/** Tick the row's box; with `range` all boxes from the last ticked row to this one. */
function selectRow(range) {
  const row = currentRow();
  const box = row?.querySelector("[data-select]");
  if (!box) return false;
  const all = rows();
  const from = all.indexOf(lastSelected);
  const to = all.indexOf(row);
  if (range && from !== -1) {
    for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) {
      const other = one.querySelector("[data-select]");
      if (other && !other.checked) other.click();
    }
  } else box.click();
  lastSelected = row;
  return true;
}

function clearSelection() {
  for (const box of document.querySelectorAll("[data-select]:checked")) box.click();
}

// --- one key ---------------------------------------------------------------------------------

/** Press the visible element that carries `key`; a field gets the focus instead. */
function press(key) {
  const named = document.querySelectorAll(`[aria-keyshortcuts~="${CSS.escape(key)}"]`);
  const element = [...named].find(isShown);
  if (!element) return false;
  if (element.matches(FIELDS)) {
    element.focus();
    element.select?.();
  } else element.click();
  return true;
}

function go(key) {
  const link = document.querySelector(`.sidebar a[data-go="${CSS.escape(key)}"]`);
  link?.click();
  return Boolean(link);
}

function openDialog(id) {
  const dialog = document.getElementById(id);
  dialog?.showModal();
  return Boolean(dialog);
}

function focusFilter() {
  const field = document.querySelector("#main .filters [type=search]");
  field?.focus();
  field?.select();
  return Boolean(field);
}

function editCell() {
  const cell = document.activeElement?.closest?.("td.live");
  const button = (cell ?? currentRow())?.querySelector("button[data-popup]");
  button?.click();
  return Boolean(button);
}

function turn(rel) {
  const link = document.querySelector(`#main a[rel="${rel}"]`);
  link?.click();
  return Boolean(link);
}

const LETTERS = {
  "?": () => openDialog("shortcuts"),
  f: focusFilter,
  e: editCell,
  j: () => moveRow(1),
  k: () => moveRow(-1),
  o: () => (document.activeElement?.closest("a") && currentRow() ? (document.activeElement.click(), true) : false),
  x: () => selectRow(false),
  X: () => selectRow(true),
  "[": () => turn("prev"),
  "]": () => turn("next"),
};

function endChord() {
  isWaitingForArea = false;
  clearTimeout(chordTimer);
}

function letter(key) {
  if (isWaitingForArea) {
    endChord();
    return go(key);
  }
  if (key === "g") {
    isWaitingForArea = true;
    chordTimer = setTimeout(endChord, CHORD_MS);
    return true;
  }
  return press(key) || (LETTERS[key]?.() ?? false);
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const inField = target.matches?.(FIELDS);
  if (key === "Escape") {
    if (inField && target.type === "search" && !target.value) target.blur();
    else if (!document.querySelector("dialog[open], :popover-open")) {
      const drawer = document.querySelector("[data-drawer-close]");
      if (drawer) drawer.click();
      else clearSelection();
    }
    return;
  }
  if (inField || document.querySelector("dialog:modal, :popover-open")) return;
  if ((key === "ArrowDown" || key === "ArrowUp") && currentRow() && !target.closest("[role=grid]")) {
    if (moveRow(key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    return;
  }
  if (key.length === 1 && key !== " " && singleLettersAreOn() && letter(key)) event.preventDefault();
});

// --- the switch ------------------------------------------------------------------------------

for (const box of document.querySelectorAll("[data-single-letters]")) {
  box.checked = singleLettersAreOn();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem("single-letters", box.checked ? "on" : "off");
    } catch {
      // lasts as long as the page
    }
  });
}
