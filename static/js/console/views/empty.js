/** Empty states, and skeletons that appear only when loading takes long enough to be noticed. */
import { el, fill } from "../../shared/dom.js";
import { say } from "../messages.js";

const SKELETON_AFTER_MS = 150;
const LINES = 6;

/** @param {keyof typeof say.empty | "missing"} name */
export function emptyState(name) {
  const [title, text] = name === "missing" ? say.threadMissing : say.empty[name];
  return el("div", { class: "empty" }, el("p", { class: "empty__title" }, title), el("p", { class: "empty__text" }, text));
}

/** @param {import("../../shared/connection.js").Clock} clock */
export function skeleton(clock) {
  /** @type {any} */
  let timer = null;
  return {
    /** @param {HTMLElement} place */
    showIn(place) {
      if (timer !== null) return;
      fill(place);
      timer = clock.setTimeout(() => {
        const lines = Array.from({ length: LINES }, () => el("div", { class: "skeleton__line" }));
        fill(place, el("div", { class: "skeleton", "aria-hidden": "true" }, ...lines), el("p", { class: "visually-hidden" }, say.loading));
      }, SKELETON_AFTER_MS);
    },
    hide() {
      clock.clearTimeout(timer);
      timer = null;
    },
  };
}
