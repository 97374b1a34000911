// The star in place: the form goes out by fetch, and the button and the sentence follow what the server says.

for (const form of document.querySelectorAll("[data-star]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    turn(form);
  });
}

async function turn(form) {
  const button = form.querySelector("[aria-pressed]");
  if (button.dataset.busy) return;
  button.dataset.busy = "1";
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
    });
    if (!answer.ok || answer.redirected) throw new Error();
    const told = await answer.json();
    button.setAttribute("aria-pressed", told.mine);
    form.action = form.action.replace(/\w+$/, told.mine ? "unkeep" : "keep");
    const said = document.querySelector("[data-kept-by]");
    if (said) said.textContent = told.said;
    form.dispatchEvent(new CustomEvent("starred", { bubbles: true, detail: told }));
  } catch {
    form.submit(); // the page itself then says what is wrong
  } finally {
    delete button.dataset.busy;
  }
}
