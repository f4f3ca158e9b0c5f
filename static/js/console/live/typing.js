/**
 * Tells the other side that somebody types: at most every three seconds, and that it is over after five
 * seconds of silence, on sending and on leaving. The text itself never leaves. DOM-free.
 */

const EVERY_MS = 3_000;
const SILENT_AFTER_MS = 5_000;

/**
 * @param {object} options
 * @param {(conversation: string, active: boolean) => void} options.tell
 * @param {import("../../shared/connection.js").Clock} options.clock
 */
export function typingSignal({ tell, clock }) {
  /** @type {string|null} */
  let active = null;
  let toldAt = -Infinity;
  /** @type {any} */
  let timer = null;

  function stop() {
    clock.clearTimeout(timer);
    timer = null;
    if (active !== null) tell(active, false);
    active = null;
    toldAt = -Infinity;
  }

  return {
    /** @param {string} conversation */
    typed(conversation) {
      if (active !== null && active !== conversation) stop();
      active = conversation;
      if (clock.now() - toldAt >= EVERY_MS) {
        toldAt = clock.now();
        tell(conversation, true);
      }
      clock.clearTimeout(timer);
      timer = clock.setTimeout(stop, SILENT_AFTER_MS);
    },
    stop,
  };
}
