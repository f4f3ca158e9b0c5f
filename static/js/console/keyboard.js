/** Feeds key presses to the matcher and runs what it finds. */
import { createMatcher, SHORTCUTS } from "./model/shortcuts.js";
import { dialogIsOpen } from "./views/dialog.js";

const FIELDS = "input, textarea, select, [contenteditable]:not([contenteditable='false'])";

/** Nobody types into a dialog that has closed, though the focus stays in it until the browser draws again. @param {EventTarget|null} target */
const isTyping = (target) => target instanceof Element && target.matches(FIELDS) && target.closest("dialog:not([open])") === null;

/** @param {any} app */
export function mountKeyboard(app) {
  const missing = SHORTCUTS.filter((row) => row.where !== "composer" && !app.has(row.id));
  if (missing.length > 0) throw new Error(`shortcuts without a handler: ${missing.map((row) => row.id).join(", ")}`);
  const match = createMatcher(SHORTCUTS, app.now);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || dialogIsOpen()) return; // a dialog's keys are its own
    const id = match(event, { typing: isTyping(event.target), singleKeys: app.prefs.get("singleKeys") });
    if (id === null) return;
    if (id !== "escape") event.preventDefault();
    app.run(id);
  }, { signal: app.signal });
}
