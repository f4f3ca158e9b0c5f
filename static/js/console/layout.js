/** Which panes are seen: folding on wide screens, one at a time on narrow ones. */
import { say } from "./messages.js";

/** @param {HTMLElement} shell @param {any} app */
export function layoutOf(shell, app) {
  const narrow = matchMedia("(max-width: 719px)");
  const middle = matchMedia("(max-width: 1099px)");
  const layout = {
    /** @type {HTMLElement|null} */
    foldButton: null,
    get narrow() {
      return narrow.matches;
    },
    /** The pane a narrow screen shows. @param {"list"|"thread"|"visitor"} pane */
    show(pane) {
      shell.dataset.pane = pane;
      label();
    },
    /** Fold or unfold the visitor pane; on a narrow screen go there and back. */
    toggleVisitor() {
      if (narrow.matches) layout.show(shell.dataset.pane === "visitor" ? "thread" : "visitor");
      else {
        const open = shell.dataset.visitor !== "open";
        shell.dataset.visitor = open ? "open" : "folded";
        if (!middle.matches) app.prefs.set("visitor", open);
      }
      label();
      if (!layout.visitorOpen && document.activeElement === document.body) layout.foldButton?.focus();
    },
    get visitorOpen() {
      return narrow.matches ? shell.dataset.pane === "visitor" : shell.dataset.visitor === "open";
    },
    /** The visitor pane lies over the thread, so Escape should take it away. */
    get overlaid() {
      return layout.visitorOpen && middle.matches;
    },
    toggleList() {
      if (narrow.matches) return;
      const open = shell.dataset.list !== "open";
      shell.dataset.list = open ? "open" : "folded";
      app.prefs.set("list", open);
    },
  };

  function label() {
    layout.foldButton?.setAttribute("aria-label", layout.visitorOpen ? say.hidePane : say.showPane);
    layout.foldButton?.setAttribute("aria-expanded", String(layout.visitorOpen));
  }

  function fit() {
    shell.dataset.visitor = !middle.matches && app.prefs.get("visitor") ? "open" : "folded";
    shell.dataset.list = app.prefs.get("list") || narrow.matches ? "open" : "folded";
    if (shell.dataset.pane === "visitor" && !narrow.matches) shell.dataset.pane = "thread";
    label();
  }
  for (const width of [narrow, middle]) width.addEventListener("change", fit, { signal: app.signal });
  fit();
  return layout;
}
