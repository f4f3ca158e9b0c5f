// @ts-check
/** Asks before a form is left whose values are not what they were when the page was opened. */

/** @param {HTMLFormElement} form what it would send */
const written = (form) => new URLSearchParams(/** @type {any} */ (new FormData(form))).toString();

/** @param {HTMLFormElement} form */
function guard(form) {
  const opened = written(form);
  let isSent = false;
  form.addEventListener("submit", () => { isSent = true; });
  window.addEventListener("pageshow", () => { isSent = false; }); // back again by the browser's button
  window.addEventListener("beforeunload", (event) => {
    if (!isSent && written(form) !== opened) event.preventDefault();
  });
}

const form = document.querySelector("#content-main form[method=post]");
if (form instanceof HTMLFormElement) guard(form);
