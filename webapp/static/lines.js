// Lines of a form, typed or scanned: Enter goes to the next field and the last one opens a new
// line; "More lines" adds rows here instead of asking the server. Works in dialogs that come later.

const bodyOf = (element) => element.closest("form, dialog")?.querySelector("[data-lines]")?.tBodies[0];

/** Add an empty row, numbered, without what was wrong with the row it is made from. */
function addRow(body) {
  const row = body.rows[body.rows.length - 1].cloneNode(true);
  const number = body.rows.length + 1;
  for (const note of row.querySelectorAll("small")) note.remove();
  for (const field of row.querySelectorAll("input")) {
    field.value = "";
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    field.setAttribute("aria-label", field.getAttribute("aria-label").replace(/\d+$/, number));
  }
  body.append(row);
  return row;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-more-lines]");
  const body = button && bodyOf(button);
  if (!body) return;
  event.preventDefault();
  addRow(body).querySelector("input").focus();
});

document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (event.key !== "Enter" || target.tagName !== "INPUT" || event.ctrlKey || event.metaKey) return;
  const body = target.closest("[data-lines]")?.tBodies[0];
  if (!body) return;
  event.preventDefault();
  if (!target.value.trim()) return;
  const all = [...body.querySelectorAll("input")];
  (all[all.indexOf(target) + 1] ?? addRow(body).querySelector("input")).focus();
});
