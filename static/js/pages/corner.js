// @ts-check
import { listen } from "../shared/dom.js";

const START = ' data-position="start"';

/**
 * The corner that the chat stands in: chosen below its preview, which moves there, and written into the line to copy; it is the line's, not stored.
 * @param {HTMLElement} section @param {AbortSignal} signal
 */
export function mountCorner(section, signal) {
  const codes = [...document.querySelectorAll("[data-copy-text]")];
  const snippet = codes.find((code) => code.textContent?.includes("data-key="));
  listen(section, "change", (event) => {
    if (!(event.target instanceof HTMLInputElement) || event.target.name !== "corner") return;
    section.dataset.corner = event.target.value;
    if (!snippet) return;
    const plain = (snippet.textContent ?? "").replace(START, "");
    snippet.textContent = event.target.value === "start" ? plain.replace("></script>", `${START}></script>`) : plain;
  }, signal);
}
