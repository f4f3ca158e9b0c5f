// @ts-check
/**
 * Says a minute before a session ends that it will, and leaves the page when it did: whoever comes by sees nothing. The
 * server decides; other tabs and the console's socket may have been active meanwhile, so it is asked before anything is
 * said. Imports nothing: pages without an import map have it too.
 */

const WARNED = 60;
const SECOND = 1000;
/** The browser counts no longer spans than these, and clocks of sleeping machines stand still. */
const LONGEST = 600;
const AGAIN = 10;

/** @typedef {{ends_in: number | null, can_stay: boolean}} Clock without a number: it is over */

/** @param {HTMLFormElement} form @param {AbortSignal} signal */
export function warnBeforeEnd(form, signal) {
  const warning = part(form, "[data-warning]");
  const left = part(form, "[data-left]");
  const stay = part(form, "[data-stay]");
  let timer = 0;
  let endsAt = Date.now() + Number(form.dataset.endsIn) * SECOND;

  /** @param {number} seconds @param {() => void} next */
  function after(seconds, next) {
    clearTimeout(timer);
    if (!signal.aborted) timer = window.setTimeout(next, Math.min(Math.max(seconds, 0), LONGEST) * SECOND);
  }

  function wait() {
    form.hidden = true;
    after(secondsLeft() - WARNED, () => (secondsLeft() > WARNED ? wait() : look()));
  }

  /** @param {RequestInit} [how] */
  async function look(how = {}) {
    const clock = await asked(form.action, { ...how, signal });
    if (!clock) after(AGAIN, look);
    else if (clock.ends_in === null) location.reload();
    else show(clock.ends_in, clock.can_stay);
  }

  /** @param {number} seconds @param {boolean} canStay */
  function show(seconds, canStay) {
    endsAt = Date.now() + seconds * SECOND;
    if (seconds > WARNED) {
      wait();
      return;
    }
    const said = (canStay ? warning.dataset.idle : warning.dataset.last) ?? "";
    form.hidden = false;
    stay.hidden = !canStay;
    if (warning.textContent !== said) warning.textContent = said; // announced once
    count();
  }

  function count() {
    left.textContent = String(Math.max(0, Math.ceil(secondsLeft())));
    if (secondsLeft() > 0) after(1, count);
    else after(1, look);
  }

  function secondsLeft() {
    return (endsAt - Date.now()) / SECOND;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look({ method: "POST", body: new FormData(form) });
  }, { signal });
  // A machine that slept kept no time.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && secondsLeft() < WARNED) look();
  }, { signal });
  wait();
}

/** @param {string} url @param {RequestInit} how @returns {Promise<Clock | null>} null where there was no answer */
async function asked(url, how) {
  try {
    const response = await fetch(url, { ...how, headers: { Accept: "application/json" }, credentials: "same-origin" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** @param {HTMLElement} form @param {string} selector @returns {HTMLElement} */
function part(form, selector) {
  return /** @type {HTMLElement} */ (form.querySelector(selector));
}

const found = /** @type {HTMLFormElement | null} */ (globalThis.document?.querySelector("[data-session-end]"));
if (found) warnBeforeEnd(found, new AbortController().signal);
