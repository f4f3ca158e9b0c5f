/**
 * Keeps a reader where he reads: at the end the log follows, anywhere else nothing moves under his eyes,
 * whether messages come below, history comes above or a bubble changes its height.
 */

const AT_END_WITHIN = 48;

/** @typedef {{element: Element, top: number}} Anchor an element and its distance from the log's upper edge */

export class ScrollKeeper {
  /** @param {HTMLElement} log */
  constructor(log) {
    this.log = log;
    /** Whether the end stays in view when something is added. */
    this.following = true;
    /** @type {Anchor|null} */
    this.anchor = null;
  }

  /** Whether the end is in view. */
  get atEnd() {
    const { log } = this;
    return log.scrollHeight - log.scrollTop - log.clientHeight <= AT_END_WITHIN;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.following = true;
  }

  /** The reader scrolled. */
  scrolled() {
    this.following = this.atEnd;
    this.anchor = this.following ? null : this.#find();
  }

  /** Call around every change of the log. @param {() => void} change */
  around(change) {
    const anchor = this.following ? null : this.#find();
    change();
    this.#restore(anchor);
  }

  /** The log itself changed its size: the composer grew, the window turned. */
  resized() {
    this.#restore(this.anchor);
  }

  /** @param {Anchor|null} anchor */
  #restore(anchor) {
    if (this.following) this.toEnd();
    else if (anchor?.element.isConnected) this.log.scrollTop += this.#topOf(anchor.element) - anchor.top;
  }

  /** The first message that is at least partly in view. @returns {Anchor|null} */
  #find() {
    for (const element of this.log.querySelectorAll("[data-seq]")) {
      const box = element.getBoundingClientRect();
      const top = this.#topOf(element);
      if (top + box.height > 0) return { element, top };
    }
    return null;
  }

  /** @param {Element} element */
  #topOf(element) {
    return element.getBoundingClientRect().top - this.log.getBoundingClientRect().top;
  }
}
