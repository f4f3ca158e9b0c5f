// @ts-check
/** Passkeys: asks the browser for one, or to make one, and sends the form with what it said. Imports nothing. */

/** @param {HTMLFormElement} form @param {any} options @param {AbortSignal} signal */
function follow(form, options, signal) {
  const credential = /** @type {HTMLInputElement | null} */ (form.querySelector("[data-passkey-credential]"));
  const failed = /** @type {HTMLElement | null} */ (form.querySelector("[data-passkey-failed]"));
  if (!credential || !failed) return;
  form.hidden = false;

  form.addEventListener("submit", async (event) => {
    if (credential.value) return;
    event.preventDefault();
    event.stopPropagation();
    failed.hidden = true;
    try {
      const found = form.dataset.passkey === "create" ? await created(options.creation_options) : await shown(options.request_options);
      credential.value = JSON.stringify(found);
      form.submit();
    } catch {
      failed.hidden = false;
    }
  }, { signal });
}

/** @param {any} options */
async function created(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey);
  return /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }))?.toJSON();
}

/** @param {any} options */
async function shown(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey);
  return /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey }))?.toJSON();
}

const page = new AbortController();
const options = document.getElementById("passkey-options");
if (options && "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential) {
  for (const form of document.querySelectorAll("[data-passkey]")) {
    follow(/** @type {HTMLFormElement} */ (form), JSON.parse(options.textContent ?? ""), page.signal);
  }
}
