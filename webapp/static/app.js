// Page furniture: colours, density, toasts, steppers, filter forms, focus after a refused form.
// Everything here only quickens what works as plain links and forms.

const root = document.documentElement;

/** Keep a choice for this browser; where storage is off it lasts as long as the page. */
function remember(name, value) {
  if (value) root.dataset[name] = value;
  else delete root.dataset[name];
  try {
    if (value) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch {
    // nothing to keep it in
  }
}

// --- colours and density ---------------------------------------------------------------------

function showChoices() {
  const theme = root.dataset.theme ?? "system";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
  for (const button of document.querySelectorAll("[data-density]")) {
    if (button !== root) button.setAttribute("aria-pressed", String(root.dataset.density === "compact"));
  }
}

document.addEventListener("click", (event) => {
  const theme = event.target.closest("[data-theme-choice]");
  const density = event.target.closest("button[data-density]");
  if (theme) remember("theme", theme.dataset.themeChoice === "system" ? "" : theme.dataset.themeChoice);
  if (density) remember("density", root.dataset.density === "compact" ? "" : "compact");
  if (theme || density) showChoices();
});
showChoices();

// --- toasts ----------------------------------------------------------------------------------
// From the server: rendered into #toasts, or an HX-Trigger header {"toast": {"text": …}}.
// From a script: document.dispatchEvent(new CustomEvent("toast", {detail: {text, tone}})).

const TOAST_MS = 6000;
const MOST_TOASTS = 3;
const toasts = document.getElementById("toasts");

/** Let a toast go after six seconds, but never under the pointer or the focus; errors stay. */
function startToast(toast) {
  if (toast.classList.contains("bad")) return;
  let timer;
  const wait = () => { timer = setTimeout(() => toast.remove(), TOAST_MS); };
  const hold = () => clearTimeout(timer);
  for (const [on, off] of [["pointerenter", "pointerleave"], ["focusin", "focusout"]]) {
    toast.addEventListener(on, hold);
    toast.addEventListener(off, () => { hold(); wait(); });
  }
  wait();
}

function trimToasts() {
  const shown = [...toasts.querySelectorAll("[data-toast]")];
  const gentle = shown.filter((toast) => !toast.classList.contains("bad"));
  for (const toast of [...gentle, ...shown].slice(0, Math.max(0, shown.length - MOST_TOASTS))) toast.remove();
}

function showToast({ text, tone = "" }) {
  const toast = document.createElement("div");
  toast.className = `toast ${tone}`.trim();
  toast.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  toast.append(words);
  if (tone === "bad") {
    const close = document.createElement("button");
    close.type = "button";
    close.className = "small";
    close.dataset.toastClose = "";
    close.textContent = toasts.dataset.close;
    toast.append(close);
  }
  toasts.append(toast);
}

// What was done is told once: the address forgets it, or every reload would say it again.
const here = new URL(location.href);
if (here.searchParams.has("done")) {
  here.searchParams.delete("done");
  history.replaceState(history.state, "", here);
}

if (toasts) {
  for (const toast of toasts.querySelectorAll("[data-toast]")) startToast(toast);
  new MutationObserver((changes) => {
    const added = changes.flatMap((change) => [...change.addedNodes]);
    for (const node of added) if (node.nodeType === Node.ELEMENT_NODE && "toast" in node.dataset) startToast(node);
    trimToasts();
  }).observe(toasts, { childList: true });
  document.addEventListener("toast", (event) => showToast(event.detail));
  toasts.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove());
}

// --- forms -----------------------------------------------------------------------------------

/** Move a stepper's number by one; a bound that is set is never passed. */
function step(button) {
  const input = button.closest("[data-stepper]").querySelector("input");
  const now = Number.parseInt(input.value.replace("−", "-"), 10) || 0;
  const low = Number(input.dataset.min ?? -Infinity);
  const high = Number(input.dataset.max ?? Infinity);
  const next = Math.min(high, Math.max(low, now + Number(button.dataset.step)));
  input.value = String(next).replace("-", "−");
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (button) step(button);
});
document.addEventListener("keydown", (event) => {
  const stepper = event.target.closest?.("[data-stepper]");
  const direction = { ArrowUp: "1", ArrowDown: "-1" }[event.key];
  if (!stepper || !direction || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  step(stepper.querySelector(`[data-step="${direction}"]`));
});

// A facet is chosen: send the filter form at once. Typing in its search is the form's own hx-trigger.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-filters]");
  if (form && event.target.matches("[type=checkbox], [type=radio], [type=date], select")) form.requestSubmit();
});

// After a refused form the first wrong field has the focus, on a page and in a swapped fragment.
function focusFirstError(scope) {
  scope.querySelector('[aria-invalid="true"]')?.focus();
}
const REFUSED = [409, 422];
if (REFUSED.includes(performance.getEntriesByType("navigation")[0]?.responseStatus)) focusFirstError(document);
document.addEventListener("htmx:after:swap", (event) => {
  if (REFUSED.includes(event.detail.ctx?.response?.status)) focusFirstError(document.querySelector("dialog[open], :popover-open") ?? document);
});
