// @ts-check
/** What a pack is: the browser's copy of security/masking/packs/kinds.py. */

/** @typedef {import("../policy.js").Pack} Pack */
/** @typedef {import("../scan.js").Candidate} Candidate */
/** @typedef {import("../surroundings.js").Surroundings} Surroundings */
/** @typedef {import("../views.js").View} View */

/** A candidate of a pack at `start:end` of the view's text. @param {string} pack @param {View} view @param {number} start @param {number} end @param {string[]} reasons @returns {Candidate} */
export function found(pack, view, start, end, ...reasons) {
  const digits = view.isLiteral ? "" : view.text.slice(start, end).replace(/[^0-9]/g, "") || "0";
  return { kind: pack, start: view.starts[start], end: view.ends[end - 1], rule: pack, explain: () => reasons, kept: 0, digits, places: [] };
}

/** What stands before a number in its sentence. @param {View} view @param {number} start */
export const wordsBefore = (view, start, reach = 40) => view.text.slice(Math.max(0, start - reach), start);

/** Whether one of `words` stands before the number, or right behind it ("… is my aadhaar"). @param {RegExp} words @param {View} view @param {number} start @param {number} end */
export const says = (words, view, start, end) => words.test(wordsBefore(view, start)) || words.test(view.text.slice(end, end + 24));

/** Every match of a global expression, with where it stands. @param {RegExp} expression @param {View} view @returns {[RegExpMatchArray, number, number][]} */
export const spansOf = (expression, view) =>
  Array.from(view.text.matchAll(expression), (match) => [match, match.index, match.index + match[0].length]);
