// @ts-check
/** Digits that are written as words: the browser's copy of security/masking/reading/numerals.py. */
import { tables } from "../mask-tables.js";

/** @typedef {{digits: string, start: number, end: number, isWord: boolean}} Numeral digits said at start:end of class text */
/** @typedef {{word: string, start: number, end: number}} Token */

const JOINED = /^[ -]{1,3}$/;
const SHORTEST_WORD = 3;
const LONGEST_WORD = 160;
/** @type {Map<string, string>} */
const UNITS = new Map(Object.entries(tables.numbers.units));
/** @type {Map<string, string>} */
const TENS = new Map(Object.entries(tables.numbers.tens));
/** @type {Map<string, number>} */
const MULTIPLIERS = new Map(Object.entries(tables.numbers.multipliers));
const PAIRS = Object.entries(tables.numbers.pairs).map(([spelled, ten]) => [...spelled.split(" "), ten]);
const SCORES = new Set(tables.numbers.scores);
const JOINERS = new Set(tables.numbers.joiners);
const GLUED = new RegExp(
  [...UNITS.keys()].filter((word) => word.length >= SHORTEST_WORD).sort((a, b) => b.length - a.length).join("|"),
  "g",
);
/** Words of two digits that are written as one: "vierundzwanzig", "fortytwo", "veintiuno". @type {Map<string, string>} */
const COMPOUNDS = new Map();
for (const [ten, tens] of TENS) {
  for (const [unit, value] of UNITS) {
    if (value.length !== 1 || value === "0") continue;
    COMPOUNDS.set(`${unit}und${ten}`, tens + value);
    COMPOUNDS.set(ten + unit, tens + value);
  }
}

/**
 * Every number word and every run of figures in class text, in order.
 * @param {string} text
 * @returns {Generator<Numeral>}
 */
export function* numerals(text) {
  const tokens = Array.from(text.matchAll(/[a-z]+|[0-9]+/g), ({ 0: word, index }) => ({ word, start: index, end: index + word.length }));
  for (let index = 0; index < tokens.length; ) {
    const { word, start, end } = tokens[index];
    if (word[0] <= "9") {
      yield { digits: word, start, end, isWord: false };
      index += 1;
      continue;
    }
    const [taken, digits] = read(text, tokens, index);
    if (taken) yield { digits, start, end: tokens[index + taken - 1].end, isWord: true };
    index += taken || 1;
  }
}

/** How many tokens from `index` on say digits together, and which; 0 where the word is no number. @param {string} text @param {Token[]} tokens @param {number} index @returns {[number, string]} */
function read(text, tokens, index) {
  const { word } = tokens[index];
  const follower = next(text, tokens, index);
  const times = MULTIPLIERS.get(word);
  if (times !== undefined) {
    const value = UNITS.get(follower) ?? (/^[0-9]+$/.test(follower) ? follower : "");
    return value.length === 1 ? [2, value.repeat(times)] : [0, ""];
  }
  for (const [first, second, ten] of PAIRS) { // "quatre vingt": a ten of two words
    if (word === first && follower === second) {
      const [taken, digits] = withUnit(text, tokens, index + 1, ten);
      return [taken + 1, digits];
    }
  }
  const ten = TENS.get(word);
  if (ten !== undefined) return withUnit(text, tokens, index, ten);
  const value = UNITS.get(word);
  if (value === undefined) return readGlued(word);
  const unit = UNITS.get(follower) ?? "";
  if (value === "10" && ["7", "8", "9"].includes(unit) && word === "dix") return [2, `1${unit}`];
  return [1, value];
}

/** A ten with what belongs to it: "forty two", "cuarenta y dos", "soixante dix sept". @param {string} text @param {Token[]} tokens @param {number} index @param {string} ten @returns {[number, string]} */
function withUnit(text, tokens, index, ten) {
  let follower = next(text, tokens, index);
  let taken = 2;
  if (JOINERS.has(follower)) {
    follower = next(text, tokens, index + 1);
    taken = 3;
  }
  const value = UNITS.get(follower) ?? "";
  if (value.length === 1 && value !== "0") return [taken, ten + value];
  if (value.length === 2 && SCORES.has(tokens[index].word)) {
    const unit = follower === "dix" ? UNITS.get(next(text, tokens, index + taken - 1)) ?? "" : "";
    if (["7", "8", "9"].includes(unit)) return [taken + 1, `${Number(ten) + 1}${unit}`];
    return [taken, String(Number(ten) * 10 + Number(value))];
  }
  return [1, `${ten}0`];
}

/** The token after `index`, if only a space or a hyphen parts them. @param {string} text @param {Token[]} tokens @param {number} index */
function next(text, tokens, index) {
  const after = tokens[index + 1];
  return after && JOINED.test(text.slice(tokens[index].end, after.start)) ? after.word : "";
}

/** @param {string} word @returns {[number, string]} */
function readGlued(word) {
  const compound = COMPOUNDS.get(word);
  if (compound !== undefined) return [1, compound];
  if (word.length < 2 * SHORTEST_WORD || word.length > LONGEST_WORD) return [0, ""];
  const parts = word.match(GLUED) ?? [];
  if (parts.length > 1 && parts.join("").length === word.length) return [1, parts.map((part) => UNITS.get(part)).join("")];
  return [0, ""];
}
