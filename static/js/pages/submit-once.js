// @ts-check
/**
 * A form is sent once: a second click, while the answer is on its way, is not a second request. The services know a
 * repetition too; here it is only kept from being asked. Imports nothing: pages without an import map have it too.
 */

/** After that the answer is lost, or was a file that left this page where it is. */
const AT_MOST = 10_000;

/** @param {Document} root @param {AbortSignal} signal */
function submitOnce(root, signal) {
  root.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.ariaBusy === "true") {
      event.preventDefault();
      return;
    }
    form.ariaBusy = "true";
    setTimeout(() => disable(form, true)); // a turn later: a disabled button's name would not be sent
    setTimeout(() => release(form), AT_MOST);
  }, { signal });
  // The page as it was left comes back with the back button.
  addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of root.forms) release(form);
  }, { signal });
}

/** @param {HTMLFormElement} form */
function release(form) {
  if (form.ariaBusy !== "true") return;
  form.ariaBusy = null;
  disable(form, false);
}

/** @param {HTMLFormElement} form @param {boolean} isBusy */
function disable(form, isBusy) {
  for (const button of form.querySelectorAll("button:not([type=button]), input[type=submit]")) {
    button.toggleAttribute("disabled", isBusy);
  }
}

submitOnce(document, new AbortController().signal);
