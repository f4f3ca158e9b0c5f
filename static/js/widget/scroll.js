// @ts-check
/** Where the reader is in the log: kept at the end if he was there, never moved if he reads further up. */
import { listen } from "../shared/dom.js";

const NEAR = 80;

export class Scroll {
  /**
   * @param {HTMLElement} log @param {HTMLElement} pill the button that leads to what is new
   * @param {{older: () => void, end: () => void}} on
   * @param {AbortSignal} signal
   */
  constructor(log, pill, { older, end }, signal) {
    this.log = log;
    this.pill = pill;
    this.news = 0;
    this.older = older;
    listen(log, "scroll", () => {
      if (this.atEnd) end();
      if (log.scrollTop < NEAR && log.scrollHeight > log.clientHeight) older();
    }, signal, { passive: true });
    listen(pill, "click", () => this.toEnd(), signal);
  }

  get atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR;
  }

  /** Run `change`, which may add messages at either end, and keep the place. @param {() => void} change */
  keeping(change) {
    const { log, atEnd } = this;
    const anchor = [...log.querySelectorAll("[data-message]")].find((node) => node.getBoundingClientRect().bottom > log.getBoundingClientRect().top);
    const before = anchor?.getBoundingClientRect().top ?? 0;
    change();
    if (atEnd) this.toEnd();
    else if (anchor?.isConnected) log.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  /** A log that is not full has nothing to scroll, so it asks for what is older by itself. */
  fillUp() {
    if (this.log.clientHeight > 0 && this.log.scrollHeight <= this.log.clientHeight) this.older();
  }
}
