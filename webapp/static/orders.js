// Orders that change while their pages are open. The stream sends an event "orders": a list of
// {id, status, channel, version, event, is_new, is_return}. Cells of rows that are shown are cells.js's; here is
// what is no cell: new orders, which wait above the list, and the page of one order, which is read again.

const READ_AGAIN_MS = 300;

let isPaused = false;
let isDue = false;
const seen = new Set(); // ids that are counted above the list
let timer;

const streamElement = () => document.getElementById("stream");

function parsed(data) {
  try {
    return JSON.parse(data || "[]");
  } catch {
    return [];
  }
}

// --- the list --------------------------------------------------------------------------------

/** Count an order above the list if the list as it is filtered would show it. */
function belongs(strip, order) {
  if ("any" in strip.dataset) return true;
  if ("returns" in strip.dataset) return order.is_return;
  if (!order.is_new || "off" in strip.dataset) return false;
  const { status, channel } = strip.dataset;
  return (!status || status === order.status) && (!channel || channel === order.channel) && !document.getElementById(`os${order.id}`);
}

function noteNew(orders) {
  const strip = document.getElementById("new-orders");
  if (!strip) return;
  for (const order of orders) if (belongs(strip, order)) seen.add(order.id);
  strip.hidden = seen.size === 0;
  strip.textContent = seen.size === 1 ? strip.dataset.one : strip.dataset.many.replace("{n}", seen.size);
}

// --- one order, or one return of it -------------------------------------------------------------------------------

const regionOf = () => document.querySelector("#order[data-order], #return[data-order]");

/** Read the page again, but for the dialogs that stand over it. */
async function readAgain() {
  timer = undefined;
  const region = regionOf();
  if (!region) return;
  const place = `#${region.id}`;
  await window.htmx.ajax("GET", location.pathname, { source: region, target: place, select: place, swap: "outerMorph" });
}

/** Tell whether somebody is typing into a form of the page, or has. */
function isTyped(region) {
  const fields = [...region.querySelectorAll("input:not([type=hidden])")];
  return fields.some((field) => field === document.activeElement || field.value !== field.defaultValue || field.checked !== field.defaultChecked);
}

function noteChange(orders) {
  const region = regionOf();
  const mine = orders.filter((order) => String(order.id) === region?.dataset.order && order.event > Number(region.dataset.event));
  if (!mine.length) return;
  const note = document.querySelector("dialog:modal [data-changed]") ?? (isTyped(region) ? region.querySelector("[data-changed]") : null);
  if (note) note.hidden = false;
  if (note && region.contains(note)) return; // what somebody types is not taken away
  if (isPaused) isDue = true;
  else timer ??= setTimeout(readAgain, READ_AGAIN_MS);
}

document.addEventListener("orders", (event) => {
  if (event.target !== streamElement()) return;
  const orders = parsed(event.detail.data);
  noteNew(orders);
  noteChange(orders);
});

document.addEventListener("live:waiting", (event) => {
  isPaused = event.detail.isPaused;
  if (!isPaused && isDue) {
    isDue = false;
    readAgain();
  }
});

document.addEventListener("htmx:after:swap", () => {
  const strip = document.getElementById("new-orders");
  if (strip?.hidden) seen.clear(); // the list was read anew
  countSelected();
});

// --- selection -------------------------------------------------------------------------------

function countSelected() {
  const words = document.querySelector("[data-selected]");
  if (!words) return;
  const n = document.querySelectorAll("[data-select]:checked").length;
  words.textContent = n === 1 ? words.dataset.one : words.dataset.many.replace("{n}", n);
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select]")) countSelected();
});
document.addEventListener("reset", () => setTimeout(countSelected, 0));

// --- paper -----------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
