/** Which panes are seen: folding on wide screens, one at a time on narrow ones. */
import { say } from "./messages.js";

export class Layout {
  #narrow = matchMedia("(max-width: 719px)");
  #middle = matchMedia("(max-width: 1099px)");

  /** @param {HTMLElement} shell @param {any} app */
  constructor(shell, app) {
    this.shell = shell;
    this.prefs = app.prefs;
    /** @type {HTMLElement|null} the button that folds the visitor pane */
    this.foldButton = null;
    for (const width of [this.#narrow, this.#middle]) width.addEventListener("change", () => this.#fit(), { signal: app.signal });
    this.#fit();
  }

  get narrow() {
    return this.#narrow.matches;
  }

  get visitorOpen() {
    return this.narrow ? this.shell.dataset.pane === "visitor" : this.shell.dataset.visitor === "open";
  }

  /** Whether the visitor pane lies over the thread, so that Escape should take it away. */
  get overlaid() {
    return this.visitorOpen && this.#middle.matches;
  }

  /** The pane a narrow screen shows. @param {"list"|"thread"|"visitor"} pane */
  show(pane) {
    this.shell.dataset.pane = pane;
    this.label();
  }

  /** Fold or unfold the visitor pane; on a narrow screen go there and back. */
  toggleVisitor() {
    if (this.narrow) this.show(this.visitorOpen ? "thread" : "visitor");
    else {
      const open = !this.visitorOpen;
      this.shell.dataset.visitor = open ? "open" : "folded";
      if (!this.#middle.matches) this.prefs.set("visitor", open);
      this.label();
    }
    // The button that was pressed may have gone with its pane.
    requestAnimationFrame(() => {
      if (!this.visitorOpen && document.activeElement === document.body) this.foldButton?.focus();
    });
  }

  toggleList() {
    if (this.narrow) return;
    const open = this.shell.dataset.list !== "open";
    this.shell.dataset.list = open ? "open" : "folded";
    this.prefs.set("list", open);
  }

  label() {
    this.foldButton?.setAttribute("aria-label", this.visitorOpen ? say.hidePane : say.showPane);
    this.foldButton?.setAttribute("aria-expanded", String(this.visitorOpen));
  }

  #fit() {
    this.shell.dataset.visitor = !this.#middle.matches && this.prefs.get("visitor") ? "open" : "folded";
    this.shell.dataset.list = this.narrow || this.prefs.get("list") ? "open" : "folded";
    if (!this.narrow && this.shell.dataset.pane === "visitor") this.shell.dataset.pane = "thread";
    this.label();
  }
}
