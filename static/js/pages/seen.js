// @ts-check
import { hook, listen } from "../shared/dom.js";

const EVERY = 1500;
const SLOWEST = 15000;

/**
 * Ask the server until somebody came; then tell how long ago. Rests while the page is hidden, slows down while the server is away.
 * @param {HTMLElement} element @param {AbortSignal} signal
 */
export function watchForVisitor(element, signal) {
  const line = hook(element, "seen-line");
  const time = hook(element, "seen-time");
  let wait = EVERY;
  let timer = 0;

  async function look() {
    clearTimeout(timer);
    if (signal.aborted || document.hidden) return;
    const status = await asked(element.dataset.url ?? "", signal);
    wait = status ? EVERY : Math.min(wait * 2, SLOWEST);
    if (status === "signed out") return;
    if (status?.seen) show(status);
    timer = window.setTimeout(look, wait);
  }

  /** @param {{origin: string, seen_at: string}} status */
  function show(status) {
    const text = (element.dataset.seenText ?? "").replace("%(origin)s", status.origin);
    element.dataset.state = "seen";
    if (line.textContent !== text) line.textContent = text;  // announced once, not at each look
    time.dateTime = status.seen_at;
    time.textContent = ago(Date.parse(status.seen_at), Date.now());
  }

  listen(document, "visibilitychange", look, signal);
  if (time.dateTime) time.textContent = ago(Date.parse(time.dateTime), Date.now());
  look();
}

/** @param {string} url @param {AbortSignal} signal @returns {Promise<any>} the status, "signed out", or null when there was no answer */
async function asked(url, signal) {
  try {
    const response = await fetch(url, { signal, headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (response.status === 401 || response.status === 403) return "signed out";
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** "5 seconds ago" in the page's language. @param {number} then @param {number} now milliseconds */
export function ago(then, now) {
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });
  const seconds = Math.max(0, Math.round((now - then) / 1000));
  if (seconds < 60) return format.format(-seconds, "second");
  if (seconds < 3600) return format.format(-Math.round(seconds / 60), "minute");
  if (seconds < 86400) return format.format(-Math.round(seconds / 3600), "hour");
  return format.format(-Math.round(seconds / 86400), "day");
}
