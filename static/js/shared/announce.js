// @ts-check
/**
 * Says new things to a screen reader, each once, and not faster than it can speak.
 *
 * The region starts empty and holds only what is being said: a growing log as a live region makes some
 * readers repeat the whole history.
 */
import { systemClock } from "./connection.js";

const CLEARED_AFTER = 5_000;
const MOST_AT_ONCE = 3;

/**
 * @param {{textContent: string|null}} region an element with `aria-live="polite"`
 * @param {{every?: number, clock?: import("./types").Clock, summary?: (count: number) => string}} [options]
 *   `summary` names the number of sentences when there are too many to read out
 */
export function announcer(region, { every = 2_000, clock = systemClock, summary } = {}) {
  /** @type {string[]} */
  let waiting = [];
  /** @type {any} */
  let timer = null;
  let saidAt = -Infinity;

  const say = () => {
    timer = null;
    if (!waiting.length) {
      region.textContent = "";
      return;
    }
    region.textContent = summary && waiting.length > MOST_AT_ONCE ? summary(waiting.length) : waiting.join("\n");
    waiting = [];
    saidAt = clock.now();
    timer = clock.setTimeout(say, CLEARED_AFTER);
  };

  return {
    /** @param {string} sentence */
    say(sentence) {
      waiting.push(sentence);
      if (waiting.length > 1) return;
      clock.clearTimeout(timer);
      timer = clock.setTimeout(say, Math.max(0, saidAt + every - clock.now()));
    },
    stop() {
      clock.clearTimeout(timer);
      waiting = [];
      region.textContent = "";
    },
  };
}
