// Lists in an order that people change: drag an item, or press its arrows. Without this file the
// arrows are buttons of a form. [data-order] names the form that holds the ids of its items; each
// change is sent at once, and what the server refuses is put back.

const items = (list) => [...list.querySelectorAll(":scope > [data-order-place]")];
let dragged = null;
let before = [];

/** The first item cannot go ahead, nor the last one back. */
function refresh(list) {
  const all = items(list);
  all.forEach((item, place) => {
    for (const button of item.querySelectorAll("[data-order-move]")) {
      button.disabled = button.dataset.orderMove === "-1" ? place === 0 : place === all.length - 1;
    }
  });
}

function restore(list, order) {
  list.append(...order);
  refresh(list);
}

async function save(list, item, order) {
  refresh(list);
  const all = items(list);
  const note = list.parentElement.querySelector("[data-order-says]");
  const form = document.getElementById(list.dataset.order);
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
  if (!answer?.ok) {
    restore(list, order);
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: list.dataset.orderLost, tone: "bad" } }));
  } else if (note) {
    note.textContent = note.dataset.moved.replace("{n}", all.indexOf(item) + 1).replace("{all}", all.length);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-order] [data-order-move]");
  if (!button) return;
  event.preventDefault();
  const item = button.closest("[data-order-place]");
  const list = item.parentElement;
  const order = items(list);
  const other = order[order.indexOf(item) + Number(button.dataset.orderMove)];
  if (!other) return;
  if (button.dataset.orderMove === "-1") other.before(item);
  else other.after(item);
  save(list, item, order);
  if (button.disabled) item.querySelector("[data-order-move]:enabled")?.focus();
  else button.focus();
});

document.addEventListener("dragstart", (event) => {
  const item = event.target.closest?.("[data-order] > [data-order-place]");
  if (!item) return;
  dragged = item;
  before = items(item.parentElement);
  event.dataTransfer.effectAllowed = "move";
  item.classList.add("dragged");
});

document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("[data-order-place]");
  if (!dragged || over?.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  if (over === dragged) return;
  const order = items(dragged.parentElement);
  if (order.indexOf(over) < order.indexOf(dragged)) over.before(dragged);
  else over.after(dragged);
});

document.addEventListener("drop", (event) => {
  if (dragged) event.preventDefault();
});

document.addEventListener("dragend", (event) => {
  if (!dragged) return;
  const item = dragged;
  dragged = null;
  item.classList.remove("dragged");
  const list = item.parentElement;
  if (event.dataTransfer.dropEffect === "none") restore(list, before);
  else if (before.some((one, place) => one !== items(list)[place])) save(list, item, before);
});

for (const list of document.querySelectorAll("[data-order]")) {
  for (const item of items(list)) item.draggable = true;
  refresh(list);
}
