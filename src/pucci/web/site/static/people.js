// Passkeys, and the button that copies a link. Every page works without; what cannot be served stays hidden.
const ways = { get: "parseRequestOptionsFromJSON", create: "parseCreationOptionsFromJSON" };

async function answer(button) {
  const form = button.form;
  const way = button.dataset.passkey;
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
  const asked = await fetch(button.dataset.ask, { method: "POST", body });
  const options = await asked.json();
  if (!asked.ok) throw new Error(options.error);
  const publicKey = PublicKeyCredential[ways[way]](options.publicKey);
  const credential = await navigator.credentials[way]({ publicKey });
  form.elements[button.dataset.field].value = JSON.stringify(credential.toJSON());
  form.submit();
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential?.[ways[button.dataset.passkey]]) continue;
  for (const part of document.querySelectorAll("[data-needs-passkey]")) part.hidden = false;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const first = button.form.querySelector("[data-first]");
    if (first && !first.reportValidity()) return;
    button.disabled = true;
    try {
      await answer(button);
    } catch (error) {
      const trouble = document.querySelector("[data-trouble]");
      trouble.lastElementChild.textContent = error instanceof DOMException
        ? trouble.dataset.trouble
        : error.message;
      trouble.hidden = false;
      button.disabled = false;
    }
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
  });
}
