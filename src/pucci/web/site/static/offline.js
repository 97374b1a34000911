// Says of when the last photo is, in the page's language; without one the picture's place goes.
const picture = document.querySelector("[data-last]");
const answer = await caches.match("/offline/last.jpg");
const seen = JSON.parse(decodeURIComponent(answer?.headers.get("X-Seen") ?? "null"));
if (!answer) picture.closest("figure").remove();
else if (seen) {
  const said = document.querySelector("[data-seen]");
  said.textContent = `${said.textContent} ${said.dataset.seen.replace("%s", moment(seen))}`;
}

// Day and time: nobody knows when this page is read.
function moment({ taken, zone, twelve }) {
  const { lang } = document.documentElement;
  const say = (style) =>
    new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { ...style, timeZone: zone || undefined }).format(1000 * taken);
  const hours = twelve ? { hour: "numeric", hourCycle: "h12" } : { hour: "2-digit", hourCycle: "h23" };
  return `${say({ weekday: "long", day: "numeric", month: "long" })}, ${say({ ...hours, minute: "2-digit" })}`;
}

addEventListener("online", () => location.assign("/cam"));
