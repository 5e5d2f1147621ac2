// What stands over the page: dialogs, popups beside a cell, drop-down menus. The browser does the
// modal part, Esc and giving the focus back; this opens them, places them and closes the rest.

const PHONE = matchMedia("(max-width: 640px)");
const GAP = 4;

// --- dialogs ---------------------------------------------------------------------------------
// <button data-dialog="ID"> opens <dialog id="ID">; a swapped-in <dialog data-show> opens itself.

function show(dialog) {
  if (dialog.open && !dialog.matches(":modal")) dialog.close();
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("[autofocus], .body :is(input:not([type=hidden]), select, textarea)") ?? dialog).focus();
}

/** Say whether something was typed that closing would lose. */
function isDirty(dialog) {
  const fields = dialog.querySelectorAll("input, textarea");
  return [...fields].some((field) => field.type !== "hidden" && (field.value !== field.defaultValue || field.checked !== field.defaultChecked));
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    opener.closest("details.menu")?.removeAttribute("open");
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog) show(dialog);
    return;
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog, [popover]")?.[event.target.closest("dialog") ? "close" : "hidePopover"]();
  // The backdrop belongs to the dialog element itself. A form in progress is not thrown away by it.
  if (event.target.matches?.("dialog:modal") && !isDirty(event.target)) event.target.close();
});

document.addEventListener("htmx:after:swap", () => {
  for (const dialog of document.querySelectorAll("dialog[data-show]:not(:modal)")) show(dialog);
});

// --- popups ----------------------------------------------------------------------------------
// <button data-popup="ID" aria-expanded="false"> opens <form popover id="ID">. A link, or a button that
// sends a GET form, has its page fetched into the popup instead: without script it opens that page.
// The event popup:close (as an HX-Trigger header, for example) closes what is open.

/** Put a popup under its opener, above it where there is no room, and never outside the window. */
function place(popup, opener) {
  if (PHONE.matches) {
    popup.style.left = popup.style.top = "";
    return;
  }
  const anchor = (opener.closest("td") ?? opener).getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popup;
  const below = anchor.bottom + GAP;
  const above = anchor.top - GAP - height;
  const top = below + height > innerHeight && above > 0 ? above : below;
  const left = Math.min(anchor.left, innerWidth - width - GAP);
  popup.style.left = `${Math.max(GAP, left)}px`;
  popup.style.top = `${Math.max(GAP, Math.min(top, innerHeight - height - GAP))}px`;
}

const openers = new WeakMap();

function openPopup(opener, popup) {
  openers.get(popup)?.setAttribute("aria-expanded", "false");
  openers.set(popup, opener);
  opener.focus({ preventScroll: true }); // the browser gives the focus back to where it was
  popup.showPopover();
  place(popup, opener);
  popup.querySelector("[autofocus], input:not([type=hidden]), select, textarea")?.focus();
}

/** Return the address whose page belongs into the popup, if the opener has one. */
function pageOf(opener) {
  if (opener.matches("a[href]")) return opener.href;
  if (opener.type !== "submit" || opener.form?.method !== "get") return "";
  const address = new URL(opener.form.action);
  for (const [name, value] of new FormData(opener.form, opener)) address.searchParams.append(name, value);
  return address.href;
}

/** Fetch the popup's page first, so that it never stands there empty. */
async function fetchPopup(opener, popup, address) {
  opener.setAttribute("aria-busy", "true");
  try {
    await window.htmx.ajax("GET", address, { source: opener, target: popup, swap: "innerHTML" });
  } finally {
    opener.removeAttribute("aria-busy");
  }
  if (opener.isConnected && popup.firstElementChild) openPopup(opener, popup);
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-popup]");
  const popup = opener && document.getElementById(opener.dataset.popup);
  if (!popup || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const address = pageOf(opener);
  if (openers.get(popup) === opener && popup.matches(":popover-open")) popup.hidePopover();
  else if (address && window.htmx) fetchPopup(opener, popup, address);
  else openPopup(opener, popup);
});

document.addEventListener("popup:close", () => {
  for (const popup of document.querySelectorAll(".popup:popover-open")) popup.hidePopover();
});

// `toggle` does not bubble, so it is caught on the way down.
document.addEventListener("toggle", (event) => {
  const popup = event.target;
  const opener = openers.get(popup);
  if (!popup.matches?.(".popup") || !opener) return;
  const open = event.newState === "open";
  // The cell may have been replaced since: find its button again by what it opens.
  const button = opener.isConnected ? opener : document.getElementById(opener.id);
  button?.setAttribute("aria-expanded", String(open));
  if (!open) {
    if (document.activeElement === document.body || popup.contains(document.activeElement)) button?.focus();
    document.dispatchEvent(new CustomEvent("popup:closed", { detail: { popup, button } }));
  }
}, true);

function placeOpen() {
  for (const popup of document.querySelectorAll(".popup:popover-open")) {
    const opener = openers.get(popup);
    if (opener?.isConnected) place(popup, opener);
  }
}
addEventListener("resize", placeOpen);
addEventListener("scroll", placeOpen, { capture: true, passive: true });
document.addEventListener("htmx:after:swap", () => {
  for (const popup of document.querySelectorAll(".popup:popover-open")) {
    placeOpen();
    if (!popup.contains(document.activeElement)) popup.querySelector("input:not([type=hidden]), select")?.focus();
  }
});

// --- menus -----------------------------------------------------------------------------------

// On a phone the search is a link to #search, which shows it; then it wants to be typed into.
addEventListener("hashchange", () => {
  if (location.hash === "#search") document.querySelector("#search input").focus();
});

const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.removeAttribute("open");
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
    event.preventDefault();
  }
  if (location.hash === "#sidebar" || location.hash === "#search") location.hash = "";
});
document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.removeAttribute("open");
});
