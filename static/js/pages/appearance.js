// @ts-check
/**
 * A website's page in the admin: the chat itself in a frame, with the colour and the greeting that stand in the form and are not saved yet.
 * The frame is a page of ours, so this page reaches into it; nothing is stored by looking.
 */
import { el, listen } from "../shared/dom.js";
import { textOn } from "../shared/contrast.js";
import { mountCorner } from "./corner.js";
import { showPreview } from "./preview.js";

const HEX = /^#[0-9a-f]{6}$/i;

/** @param {HTMLIFrameElement} frame @param {string} color */
function paint(frame, color) {
  const root = frame.contentDocument?.documentElement;
  if (!root || !HEX.test(color)) return;
  root.style.setProperty("--brand", color);
  root.style.setProperty("--on-brand", textOn(color).text);
}

/** As the chat itself would show it; empty, there is none. @param {HTMLIFrameElement} frame @param {string} text */
function greet(frame, text) {
  const list = frame.contentDocument?.querySelector("[data-list]");
  const [shown, ...doubled] = list?.querySelectorAll("[data-greeting]") ?? [];
  for (const one of doubled) one.remove(); // ours, made before the chat had its own
  if (!list || (shown?.textContent ?? "") === text.trim()) return;
  shown?.remove();
  if (text.trim() === "") return;
  const bubble = el("div", { class: "bubble", dir: "auto" }, text.trim());
  list.prepend(el("div", { class: "message", "data-first": "true", "data-own": "false", "data-greeting": true }, bubble));
}

/** @param {HTMLElement} line @param {string} color */
function say(line, color) {
  if (!HEX.test(color)) return;
  const { text, ratio } = textOn(color);
  const words = text === "#000000" ? line.dataset.black : line.dataset.white;
  line.textContent = (words ?? "").replace("%(ratio)s", ratio.toFixed(1));
}

/** @param {HTMLIFrameElement} frame @param {AbortSignal} signal */
function mount(frame, signal) {
  const color = /** @type {HTMLInputElement} */ (document.querySelector("[name=brand_color]"));
  const greeting = /** @type {HTMLTextAreaElement} */ (document.querySelector("[name=greeting]"));
  const line = /** @type {HTMLElement} */ (document.querySelector("[data-contrast]"));
  const show = () => {
    paint(frame, color.value);
    greet(frame, greeting.value);
    say(line, color.value);
  };
  // The greeting comes with the socket's first answer, after the page has loaded.
  const watch = new MutationObserver(show);
  listen(frame, "load", () => {
    show();
    const list = frame.contentDocument?.querySelector("[data-list]");
    if (list) watch.observe(list, { childList: true });
  }, signal);
  listen(color, "input", show, signal);
  listen(greeting, "input", show, signal);
  show();
  showPreview(frame, signal);
  const section = frame.closest("section");
  if (section) mountCorner(section, signal);
}

const frame = document.querySelector("[data-preview]");
if (frame instanceof HTMLIFrameElement) mount(frame, new AbortController().signal);
