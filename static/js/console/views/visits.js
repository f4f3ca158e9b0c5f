/** Says that an operator of the platform is in here: asked again while the console is open, since stays begin and end. */
import { el, fill, listen } from "../../shared/dom.js";

const EVERY_MS = 20_000;

/**
 * What the server said last stays until it answers again: a line that vanished with the network would be a lie.
 * @param {HTMLElement} region @param {AbortSignal} signal
 */
export function mountVisits(region, signal) {
  let timer = 0;

  async function look() {
    clearTimeout(timer);
    if (signal.aborted || document.hidden) return;
    const lines = await asked(region.dataset.url ?? "", signal);
    if (lines) show(region, lines);
    timer = window.setTimeout(look, EVERY_MS);
  }

  listen(document, "visibilitychange", look, signal);
  look();
}

/** Only what changed is written, so that it is announced once. @param {HTMLElement} region @param {string[]} lines */
export function show(region, lines) {
  const shown = Array.from(region.children, (one) => one.textContent ?? "");
  if (shown.length === lines.length && shown.every((line, number) => line === lines[number])) return;
  fill(region, ...lines.map((line) => el("div", { class: "visit" }, el("p", { dir: "auto" }, line))));
}

/** @param {string} url @param {AbortSignal} signal @returns {Promise<string[]|null>} null where there was no answer */
async function asked(url, signal) {
  try {
    const response = await fetch(url, { signal, headers: { Accept: "application/json" }, credentials: "same-origin" });
    return response.ok ? (await response.json()).lines : null;
  } catch {
    return null;
  }
}
