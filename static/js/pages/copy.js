// @ts-check
import { hook, listen } from "../shared/dom.js";

const SHOWN_FOR = 2000;

/** Every `data-copy` block: its button puts its text on the clipboard and says so. @param {ParentNode} root @param {AbortSignal} signal */
export function copyButtons(root, signal) {
  for (const block of root.querySelectorAll("[data-copy]")) {
    const button = hook(block, "copy-button");
    const text = hook(block, "copy-text");
    const label = button.textContent;
    button.hidden = false;  // without this script it could do nothing
    let timer = 0;
    listen(button, "click", async () => {
      const done = await copied(text);
      button.textContent = done ? button.dataset.done : button.dataset.failed;
      clearTimeout(timer);
      timer = window.setTimeout(() => { button.textContent = label; }, SHOWN_FOR);
    }, signal);
  }
}

/** Copy, or at least select it for copying by hand. @param {HTMLElement} element @returns {Promise<boolean>} */
async function copied(element) {
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return true;
  } catch {  // not allowed here, or no secure context
    getSelection()?.selectAllChildren(element);
    return false;
  }
}
