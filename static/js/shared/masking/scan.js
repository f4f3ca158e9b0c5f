// @ts-check
/** From class letters to groups of digits, and from groups to rows: the browser's copy of security/masking/reading/scan.py. */
import { tables } from "../mask-tables.js";
import { GROUP } from "./effort.js";
import { LETTERS, WORDS as WORD_LETTERS } from "./folding.js";

/** @typedef {import("./views.js").View} View */
/**
 * Groups of digits with nothing between them that would part two numbers; offsets are those of `view.text`. Group `i` is
 * `digits.slice(begins[i], begins[i + 1])`, and `gaps[i]` stands after it.
 * @typedef {{view: View, starts: number[], ends: number[], sizes: number[], begins: number[], digits: string, gaps: string[], kinds: number[]}} Row
 */
/**
 * A number recognised at `start:end` of the text. `digits` are given where they are not figures in the text itself, and
 * `places`, where each of them is one character of it. `explain` is asked only where it stays.
 * @typedef {{kind: string, start: number, end: number, rule: string, explain: () => string[], kept: number, digits: string, places: number[]}} Candidate
 */

export const FEWEST_DIGITS = 9;
export const USUAL = 0;
export const SIGNS = 1;
export const WORDS = 2;
const APART = 3;

const USUAL_GAP = /^(?:[\s\-./_,()[\]|~*\\'"]{1,8}|\s{1,24})$/;
const SIGNS_GAP = new RegExp(
  `^(?:[^${WORD_LETTERS}\\u2022$%+]{1,12}|_[^${WORD_LETTERS}\\u2022$%+]{0,11}|\\+|\\s\\+\\s|\\s?\\u2022\\s?)$`,
);
const MAX_WORDS_GAP = 48;
const MOST_WORDS = 8;
const LARGEST_EVEN = 6;
const WORD = new RegExp(`[${LETTERS}]+`, "g");
const NOT_BETWEEN = /[\u2022$%+]/;
const LIST_GAP = /^(?:\s*,\s+|\s+,\s*)$/;
const FILLERS = new Set(tables.fillers);

/** Every row of at least nine digits. @param {View} view @param {import("./effort.js").Effort} effort @returns {Generator<Row>} */
export function* rows(view, effort) {
  const { text } = view;
  let row = begun();
  let digits = 0;
  for (const match of text.matchAll(/[0-9]+/g)) {
    const [start, end] = [match.index, match.index + match[0].length];
    if (row.starts.length) {
      const gap = text.slice(row.ends[row.ends.length - 1], start);
      const kind = gapKind(gap);
      if (kind === APART) {
        effort.spend(GROUP * row.starts.length);
        if (digits >= FEWEST_DIGITS) yield whole(view, row);
        row = begun();
        digits = 0;
      } else {
        row.gaps.push(gap);
        row.kinds.push(kind);
      }
    }
    row.starts.push(start);
    row.ends.push(end);
    digits += end - start;
  }
  effort.spend(GROUP * row.starts.length);
  if (digits >= FEWEST_DIGITS) yield whole(view, row);
}

/** @returns {Pick<Row, "starts" | "ends" | "gaps" | "kinds">} */
const begun = () => ({ starts: [], ends: [], gaps: [], kinds: [] });

/** @param {View} view @param {Pick<Row, "starts" | "ends" | "gaps" | "kinds">} row @returns {Row} */
function whole(view, { starts, ends, gaps, kinds }) {
  const sizes = starts.map((start, i) => ends[i] - start);
  const begins = [0];
  for (const size of sizes) begins.push(begins[begins.length - 1] + size);
  const digits = starts.map((start, i) => view.text.slice(start, ends[i])).join("");
  return { view, starts, ends, sizes, begins, digits, gaps, kinds };
}

/** How a gap parts two groups of digits. @param {string} gap */
function gapKind(gap) {
  if (gap === " " || gap === "-" || USUAL_GAP.test(gap)) return USUAL;
  if (SIGNS_GAP.test(gap)) return SIGNS;
  if (gap.length > MAX_WORDS_GAP || NOT_BETWEEN.test(gap)) return APART;
  const words = gap.match(WORD) ?? [];
  return words.length <= MOST_WORDS && words.every((word) => FILLERS.has(word) || word.length === 1) ? WORDS : APART;
}

/** Whether commas with a space beside them part the groups, as in a list. @param {Row} row @param {number} first @param {number} last */
export const isListed = (row, first, last) => row.gaps.slice(first, last).some((gap) => LIST_GAP.test(gap));

/** Whether all groups have one size, but for a last one that is smaller. @param {number[]} sizes */
export const even = (sizes) =>
  sizes.length > 1 && sizes[0] <= LARGEST_EVEN && sizes.slice(0, -1).every((size) => size === sizes[0]) && sizes[sizes.length - 1] <= sizes[0];

/** Groups `first` to `last` of a row as what they were recognised for. @param {Row} row @param {number} first @param {number} last @param {string} kind @param {string} rule @param {() => string[]} explain @param {number} kept @returns {Candidate} */
export function candidate(row, first, last, kind, rule, explain, kept) {
  const { view } = row;
  const [start, end] = [view.starts[row.starts[first]], view.ends[row.ends[last] - 1]];
  if (view.isLiteral) return { kind, start, end, rule, explain, kept, digits: "", places: [] };
  const digits = row.digits.slice(row.begins[first], row.begins[last + 1]);
  const spots = [];
  for (let i = first; i <= last; i += 1) for (let place = row.starts[i]; place < row.ends[i]; place += 1) spots.push(place);
  const isSingle = spots.every((spot) => view.ends[spot] - view.starts[spot] === 1);
  const places = isSingle ? spots.map((spot) => view.starts[spot]) : [];
  return { kind, start, end, rule, explain: () => [...explain(), `read as ${view.name}`], kept, digits, places };
}

/** Every match of a global expression within `low:high`: what stands before is seen, what stands behind is not. @param {RegExp} expression @param {string} text @param {number} low @param {number} high */
export function* matchesWithin(expression, text, low, high) {
  const seen = text.slice(0, high);
  for (let place = low; ; ) {
    expression.lastIndex = place;
    const match = expression.exec(seen);
    if (!match) return;
    place = expression.lastIndex;
    yield match;
  }
}
