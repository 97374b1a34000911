// Says of when the last photo is; without one the picture's place goes.
const picture = document.querySelector("[data-last]");
const answer = await caches.match("/offline/last.jpg");
const when = decodeURIComponent(answer?.headers.get("X-When") ?? "");
if (!answer) picture.closest("figure").remove();
else if (when) {
  const said = document.querySelector("[data-when]");
  said.textContent = `${said.textContent} This is the last photo seen here: ${when}.`;
}
addEventListener("online", () => location.assign("/cam"));
