// A page that tells a story of one level, such as "why is this 47?": marked data-again, it is read
// again shortly after its stream told anything. What somebody types is left alone.

const READ_AGAIN_MS = 300;

let timer;
let isPaused = false;
let isDue = false;

function isTyped(region) {
  const fields = [...region.querySelectorAll("input:not([type=hidden])")];
  return fields.some((field) => field === document.activeElement || field.value !== field.defaultValue);
}

async function readAgain() {
  timer = undefined;
  const region = document.querySelector("[data-again]");
  if (!region || isTyped(region)) return;
  const place = `#${region.id}`;
  await window.htmx.ajax("GET", location.href, { source: region, target: place, select: place, swap: "outerMorph" });
}

function note() {
  if (isPaused) isDue = true;
  else timer ??= setTimeout(readAgain, READ_AGAIN_MS);
}

document.addEventListener("live:received", note);
document.addEventListener("live:waiting", (event) => {
  isPaused = event.detail.isPaused;
  if (isPaused || !isDue) return;
  isDue = false;
  note();
});
