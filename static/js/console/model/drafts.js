/**
 * Unsent drafts: one for the reply and one for the note of each conversation.
 *
 * A draft is text that nobody has masked yet, so it lives in this tab's memory and nowhere else: not in
 * sessionStorage, not in localStorage. The price is that a reload forgets it; the page warns before that.
 */

/** @typedef {"reply"|"note"} Mode */

export function createDrafts() {
  /** @type {Map<string, string>} */
  const texts = new Map();
  const key = (/** @type {string} */ id, /** @type {Mode} */ mode) => `${mode} ${id}`;
  return {
    /** @param {string} id @param {Mode} mode */
    get: (id, mode) => texts.get(key(id, mode)) ?? "",
    /** @param {string} id @param {Mode} mode @param {string} text */
    set(id, mode, text) {
      if (text.trim() === "") texts.delete(key(id, mode));
      else texts.set(key(id, mode), text);
    },
    /** Whether leaving the page would lose something. */
    get unsaved() {
      return texts.size > 0;
    },
  };
}

export const TEXT_LIMIT = 8000;
const COUNTER_FROM = 7500;

/**
 * How many characters are left, counted as the server does, in code points; null while there is plenty.
 * @param {string} text
 * @returns {number|null}
 */
export function charactersLeft(text) {
  if (text.length < COUNTER_FROM) return null;
  let length = 0;
  for (const _ of text) length += 1;
  return length < COUNTER_FROM ? null : TEXT_LIMIT - length;
}
