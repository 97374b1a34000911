// A shared live picture. No browser tells a page that the stream in a picture ended: so it asks, and where the
// link was taken back the page is loaded again, which says so and takes the last picture away.
const picture = document.querySelector("[data-state]");
const ASK_MS = 2000;
let seat = "";

function connect() {
  seat = crypto.getRandomValues(new Uint32Array(2)).join("-");
  picture.src = `${picture.dataset.stream}?seat=${seat}`;
}

async function ask() {
  try {
    const answer = await fetch(`${picture.dataset.state}?seat=${seat}`, { signal: AbortSignal.timeout(ASK_MS) });
    if (answer.status === 403) location.reload();
    else if (answer.ok && (await answer.json()).sent_s === null) connect();
  } catch {
    // No line just now; the next time will do.
  }
  setTimeout(ask, ASK_MS);
}

connect();
setTimeout(ask, ASK_MS);
