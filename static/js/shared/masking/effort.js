// @ts-check
/** How much work one message may cause: the browser's copy of security/masking/effort.py. */

const MOST = 8_000;
/** So many characters of a view for a point. */
export const VIEW_CHARACTERS = 4;
export const GROUP = 1;
export const WINDOW = 5;
export const WORDS_READ = 6;

/** The text causes more work than any that means something. */
export class Exhausted extends Error {}

/** What is left for one message. */
export class Effort {
  #left = MOST;

  /** Take points; Exhausted if there are not as many. @param {number} points */
  spend(points) {
    this.#left -= points;
    if (this.#left < 0) throw new Exhausted("more than any text that means something");
  }
}
