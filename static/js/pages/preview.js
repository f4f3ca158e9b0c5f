// @ts-check
import { listen } from "../shared/dom.js";

/**
 * The chat in a frame of this page. The frame waits for the page around it to hand over a port, as the loader does on a
 * website; it counts as open once somebody goes into it, so that it does not take the focus before.
 * @param {HTMLIFrameElement} frame its address stands in `data-preview` @param {AbortSignal} signal
 */
export function showPreview(frame, signal) {
  const { port1: port, port2 } = new MessageChannel();
  listen(frame, "load", () => frame.contentWindow?.postMessage({ type: "attach" }, location.origin, [port2]), signal, { once: true });
  listen(window, "blur", () => {
    if (document.activeElement === frame) port.postMessage({ type: "open" });
  }, signal);
  port.onmessage = () => {}; // what the frame reports is for a launcher
  frame.src = frame.dataset.preview ?? "";
}
