/**
 * Keeps a reader where he reads: at the end the log follows, anywhere else nothing moves under his eyes,
 * whether messages come below, history comes above or a bubble changes its height.
 */

const AT_END_WITHIN = 48;

/** @param {HTMLElement} log */
export function scrollKeeper(log) {
  let following = true;
  /** @type {{element: Element, top: number}|null} */
  let anchor = null;

  const toEnd = () => {
    log.scrollTop = log.scrollHeight;
    following = true;
  };

  /** The first element that is at least partly in view, and where. */
  function findAnchor() {
    const edge = log.getBoundingClientRect().top;
    for (const element of log.querySelectorAll("[data-seq]")) {
      const box = element.getBoundingClientRect();
      if (box.bottom > edge) return { element, top: box.top - edge };
    }
    return null;
  }

  return {
    /** Whether the end is in view. */
    get atEnd() {
      return log.scrollHeight - log.scrollTop - log.clientHeight <= AT_END_WITHIN;
    },
    get following() {
      return following;
    },
    /** The reader scrolled. */
    scrolled() {
      following = this.atEnd;
      anchor = following ? null : findAnchor();
    },
    toEnd,
    /** Call around every change of the log. @param {() => void} change */
    around(change) {
      const held = following ? null : findAnchor();
      change();
      if (following) toEnd();
      else if (held?.element.isConnected) this.hold(held);
    },
    /** @param {{element: Element, top: number}} held */
    hold(held) {
      const now = held.element.getBoundingClientRect().top - log.getBoundingClientRect().top;
      log.scrollTop += now - held.top;
    },
    /** The log itself changed its size: the composer grew, the window turned. */
    resized() {
      if (following) toEnd();
      else if (anchor?.element.isConnected) this.hold(anchor);
    },
  };
}
