// Counting with a scanner, which is a keyboard that types a code and Enter. The focus stays in the
// scan field. A code of another variant saves the present one and shows the other; the same code
// again is one piece more; a short number is how many there are; Enter alone saves.
// Without this file both forms work by themselves.

const root = document.querySelector("[data-counting]");
const scan = root.querySelector("[data-scan]");
const field = scan.elements.code;
const LONGEST_NUMBER = 4; // longer digits are a code
let undo = [];
let touched = false;

const form = () => root.querySelector("[data-counted]");
const input = () => form().elements.counted;
const number = () => Number.parseInt(input().value, 10) || 0;
const canHover = matchMedia("(hover: hover)");

function tell() {
  const { expected, same, more, fewer } = form().dataset;
  const by = number() - Number(expected);
  const tag = form().querySelector("[data-difference] .tag");
  tag.textContent = by === 0 ? same : (by > 0 ? more : fewer).replace("{n}", Math.abs(by));
  tag.className = `tag ${by === 0 ? "ok" : "warn"}`;
}

function set(value) {
  undo.push(input().value);
  input().value = String(Math.max(0, value));
  touched = true;
  tell();
}

function save(next) {
  form().elements.next.value = next;
  form().requestSubmit();
}

/** What was scanned or typed; true if it needs no question to the server. */
function take(typed) {
  if (!form()) return !typed;
  const codes = JSON.parse(form().dataset.codes);
  if (!typed) save("");
  else if (codes.includes(typed.toUpperCase())) set(number() + 1);
  else if (/^[0-9]+$/.test(typed) && typed.length <= LONGEST_NUMBER) set(Number(typed));
  else if (touched) save(typed);
  else return false;
  return true;
}

scan.addEventListener("submit", (event) => {
  const typed = field.value.trim();
  if (!take(typed)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  field.value = "";
}, true);

root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || !form()) return;
  if (button.dataset.add) set(number() + Number(button.dataset.add));
  if ("clear" in button.dataset) set(0);
  if ("undo" in button.dataset && undo.length) {
    input().value = undo.pop();
    tell();
  }
});
root.addEventListener("input", (event) => {
  if (event.target.name !== "counted") return;
  touched = true;
  tell();
});

// A new variant, or none: begin again, and be ready for the scanner. On a phone without one the
// focus would only bring up its keyboard again and again, but a scanner needs it there as well.
document.addEventListener("htmx:after:swap", (event) => {
  const refused = [409, 422].includes(event.detail.ctx?.response?.status) && form();
  undo = [];
  touched = false;
  if (refused) return;
  field.value = "";
  field.focus({ preventScroll: canHover.matches });
});
