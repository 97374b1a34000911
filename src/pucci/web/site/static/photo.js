// One photo: keys and a swipe go to the ones beside it, which are fetched ahead. Without it the links do.
const frame = document.querySelector("[data-photo]");
const SWIPE_PX = 48;

function go(rel) {
  document.querySelector(`a[rel="${rel}"]`)?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  if (event.key === "ArrowLeft") go("prev");
  else if (event.key === "ArrowRight") go("next");
  else if (event.key === "k") document.querySelector("[data-star] button").click();
});

let start = null;
frame.addEventListener("pointerdown", (event) => {
  start = event.pointerType === "mouse" ? null : { x: event.clientX, y: event.clientY };
});
frame.addEventListener("pointerup", (event) => {
  if (!start) return;
  const [x, y] = [event.clientX - start.x, event.clientY - start.y];
  start = null;
  if (Math.abs(x) > SWIPE_PX && Math.abs(x) > 2 * Math.abs(y)) go(x > 0 ? "prev" : "next");
});
frame.addEventListener("pointercancel", () => (start = null));

function fetchAhead() {
  if (navigator.connection?.saveData) return;
  for (const address of frame.dataset.near.split(" ").filter(Boolean)) new Image().src = address;
}

if (document.readyState === "complete") fetchAhead();
else addEventListener("load", fetchAhead);
