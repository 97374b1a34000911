// The kept album without an end: when its foot comes near, the next page's photos are put under these.
// Without it, "Older" is a link.
const told = document.querySelector("[data-told]");
const months = document.querySelector("[data-months]");

const watcher = new IntersectionObserver((seen) => {
  if (seen.some((one) => one.isIntersecting)) more();
}, { rootMargin: "800px" });

function link() {
  return document.querySelector('a[rel="next"]');
}

async function more() {
  const next = link();
  if (!next || next.dataset.busy) return;
  next.dataset.busy = "1";
  try {
    const answer = await fetch(next.href);
    if (!answer.ok || answer.redirected) throw new Error();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    let count = 0;
    for (const section of page.querySelectorAll("[data-month]")) {
      count += section.querySelectorAll("li").length;
      const last = months.lastElementChild;
      if (last?.dataset.month === section.dataset.month) last.querySelector("ul").append(...section.querySelectorAll("li"));
      else months.append(section);
    }
    const following = page.querySelector('a[rel="next"]');
    watcher.unobserve(next);
    if (following) {
      next.href = following.getAttribute("href");
      delete next.dataset.busy;
      watcher.observe(next); // asks at once whether it is still near
    } else next.remove();
    told.textContent = told.dataset.told.replace("{count}", count);
  } catch {
    watcher.disconnect(); // the link remains
  }
}

if (link()) watcher.observe(link());

// While photos are chosen: how many they are, and nothing is done with none.
const form = document.querySelector("[data-choose]");
const count = form?.querySelector("[data-count]");

function chosen() {
  return form.querySelectorAll("input:checked").length;
}

function tell() {
  const text = count.dataset.count.replace("{count}", chosen());
  if (count.textContent !== text) count.textContent = text;
}

form?.addEventListener("change", tell);
form?.addEventListener("submit", (event) => {
  if (chosen()) return;
  event.preventDefault();
  count.textContent = count.dataset.none;
});
if (form) {
  count.hidden = false;
  tell();
  addEventListener("pageshow", tell); // ticks come back with the page
}
