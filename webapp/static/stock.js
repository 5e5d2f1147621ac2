// The adjustment of a level: what it would come to, while it is typed. And the filter bar, which is
// read anew with the table: a menu that was open stays open.

const MINUS = "−";
const numberOf = (text) => Number.parseInt(text.replace(MINUS, "-").replace(/[\s+]/g, ""), 10);
const written = (n) => String(n).replace("-", MINUS);

/** Say on the button what it does, and beside the number what comes of it. */
function preview(form) {
  const change = numberOf(form.elements.delta.value);
  const button = form.querySelector("button[data-word]");
  const result = form.querySelector("[data-result]");
  const isNumber = Number.isFinite(change) && change !== 0;
  const after = Number(form.dataset.onHand) + (isNumber ? change : 0);
  result.textContent = written(after);
  result.toggleAttribute("data-wrong", after < 0);
  button.textContent = isNumber
    ? button.dataset.word.replace("{n}", change > 0 ? `+${change}` : written(change))
    : button.dataset.word.replace("{n}", "…");
}

const forms = () => document.querySelectorAll("form[data-adjust]");
for (const form of forms()) preview(form);
document.addEventListener("htmx:after:swap", () => forms().forEach(preview));
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-adjust]");
  if (form) preview(form);
});

// --- the filter bar --------------------------------------------------------------------------

let openMenu = "";

document.addEventListener("htmx:before:swap", () => {
  openMenu = document.querySelector("#facets .menu[open] legend")?.textContent ?? "";
});
document.addEventListener("htmx:after:swap", () => {
  if (!openMenu) return;
  for (const menu of document.querySelectorAll("#facets .menu")) {
    if (menu.querySelector("legend").textContent === openMenu) menu.open = true;
  }
});
