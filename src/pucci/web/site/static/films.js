// A film that is being made tells how far it is; when it is done, the page shows it.
const cards = [...document.querySelectorAll("[data-film]")];

async function look(card) {
  const answer = await fetch(`/films/${card.dataset.film}.json`, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return location.reload();
  const film = await answer.json();
  if (film.state !== "wanted" && film.state !== "making") return location.reload();
  card.querySelector("progress").value = film.progress;
  const status = card.querySelector("[role=status]");
  status.textContent = film.progress ? status.dataset.made : status.dataset.next;
}

async function go() {
  if (!document.hidden) {
    try {
      await Promise.all(cards.map(look));
    } catch {
      // The line is down; the next look may do.
    }
  }
  setTimeout(go, 1500);
}

if (cards.length) setTimeout(go, 1000);

// One film at a time.
document.addEventListener("play", (event) => {
  for (const film of document.querySelectorAll("video")) if (film !== event.target) film.pause();
}, true);
