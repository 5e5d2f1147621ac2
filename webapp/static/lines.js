// Lines of a form, typed or scanned: Enter goes to the next field and the last one opens a new
// line; "More lines" adds rows here instead of asking the server.

const table = document.querySelector("[data-lines]");
const body = table.tBodies[0];
const fields = () => [...body.querySelectorAll("input")];

/** Add an empty row, numbered, without what was wrong with the row it is made from. */
function addRow() {
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

table.closest("form").addEventListener("click", (event) => {
  if (!event.target.closest("[data-more-lines]")) return;
  event.preventDefault();
  addRow().querySelector("input").focus();
});

table.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT" || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (!event.target.value.trim()) return;
  const all = fields();
  const next = all[all.indexOf(event.target) + 1] ?? addRow().querySelector("input");
  next.focus();
});
