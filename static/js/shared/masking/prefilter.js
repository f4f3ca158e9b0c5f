// @ts-check
/**
 * Whether there is anything to look for: the browser's copy of security/masking/prefilter.py. RE2 searches for all of its
 * expressions at once; here digits are counted, and words are factored by their beginnings, so that a position of the text
 * that begins no word costs one step.
 */
import { tables } from "../mask-tables.js";
import { digits } from "./folding.js";

export const NUL = 0;
export const DIGITS = 1;
export const NUMBER_WORDS = 2;
export const FEW_DIGITS = 3;
export const WORD_BY_DIGIT = 4;
export const LOOK_ALIKE = 5;
export const CVV = 6;
export const LAST_FOUR = 7;
export const ENCODED = 8;
export const IDEOGRAPHS = 9;
export const TAGS = 10;
export const CARD_WORDS = 11;
export const SSN_WORDS = 12;

const ALWAYS = [NUL, DIGITS, NUMBER_WORDS, CVV, LAST_FOUR, IDEOGRAPHS];
const MANY = 9;
const FEW = 5;
const FEWEST_IDEOGRAPHS = 8;
/** @type {Record<string, string>} */
const ACCENTS = { a: "aáàâãä", c: "cç", e: "eéèêë", i: "iíìîï", n: "nñ", o: "oóòôõö", s: "sß", u: "uúùûü" };
/** What RE2 takes for the same letter where case does not matter, beyond upper case. @type {Record<string, string>} */
const ALSO = { k: "\u212a", s: "\u017f\u1e9e" };

/** @typedef {Map<string, Branch>} Branch "" is the end of a word */

const hex = (/** @type {string} */ char) => `\\u{${/** @type {number} */ (char.codePointAt(0)).toString(16)}}`;
const classOf = (/** @type {Iterable<string>} */ chars) => `[${[...new Set(chars)].map(hex).join("")}]`;
const FOREIGN = [...digits.keys()].map((code) => `\\u{${code.toString(16)}}`).join("");
const DIGIT = `[0-9${FOREIGN}]`;
const NUMBERS = [...Object.keys(tables.numbers.units), ...Object.keys(tables.numbers.tens), ...Object.keys(tables.numbers.multipliers)];
const WORD = alternatives(NUMBERS);
const LONG = alternatives(NUMBERS.filter((word) => word.length >= 3));
const LIKE = classOf(Object.keys(tables.lookalikes));
const BETWEEN = "[^\\p{L}\\p{N}]";
const JOINER = alternatives(["and", "y", "et", "und", "then", "e"], (letter) => letter);
const SSN = alternatives(["ssn", "social"], cased);

const FOREIGN_DIGITS = new RegExp(`[${FOREIGN}]`, "gu");
const IDEOGRAPH = new RegExp(classOf(Object.keys(tables.ideographs)), "gu");
const MAY_SAY_NUMBERS = new RegExp(`(?:\\b${WORD}\\b${BETWEEN}{1,8}(?:${JOINER}${BETWEEN}{1,4})?){3}\\b${WORD}|(?:${LONG}){4}`, "u");
const MAY_NAME_VALUE = new RegExp(`${alternatives(tables.verification)}[^\\p{N}]{0,24}${DIGIT}{3}`, "u");
const SS = "[sS\u017f]{2}";
const BLANK = "[\\t\\n\\f\\r ]";
const MAY_BE_LAST_FOUR = new RegExp(
  `(?:${SSN}|${SS}${BLANK}?#|${SS} [nN][oO]|${SS} [nN][uU][mM])[^\\p{N}]{0,60}${DIGIT}{4}|${DIGIT}{4}[^\\p{N}]{0,40}(?:${SSN}|${SS}${BLANK}?#)`,
  "u",
);
const WORDS_BY_DIGITS = new RegExp(`${DIGIT}${BETWEEN}{0,4}${WORD}\\b|\\b${WORD}${BETWEEN}{0,4}${DIGIT}|(?:${LONG}){3}`, "u");
const LIKE_BY_DIGIT = new RegExp(`${DIGIT}${LIKE}|${LIKE}${DIGIT}`, "u");
const MAY_BE_ENCODED = /%[0-9a-fA-F]{2}|&#?[a-zA-Z0-9]|\\[uUxXntr]|<\/?[a-zA-Z!]|=3[0-9]/;
const [SAYS_CARD, SAYS_SSN] = [spoken(tables.lexicon.card), spoken(tables.lexicon.ssn)];
const TAG_BY_DIGIT = /[0-9]<\/?[a-zA-Z]/;

/**
 * What the text holds of what detectors look at; without `isThorough` nothing more is asked where that is not enough.
 * @param {string} text without lone surrogates
 * @param {boolean} [isThorough]
 * @returns {Set<number>}
 */
export function hintsOf(text, isThorough = true) {
  /** @type {Set<number>} */
  const found = new Set();
  const count = digitsIn(text);
  if (text.includes("\0")) found.add(NUL);
  if (count >= MANY) found.add(DIGITS);
  if (MAY_SAY_NUMBERS.test(text)) found.add(NUMBER_WORDS);
  if (count >= 3 && MAY_NAME_VALUE.test(text)) found.add(CVV);
  if (count >= 4 && MAY_BE_LAST_FOUR.test(text)) found.add(LAST_FOUR);
  if ((text.match(IDEOGRAPH)?.length ?? 0) >= FEWEST_IDEOGRAPHS) found.add(IDEOGRAPHS);
  const needsMore = !isThorough && !found.size;
  if (needsMore && count < FEW) return found;
  if (count >= FEW) found.add(FEW_DIGITS);
  if (WORDS_BY_DIGITS.test(text)) found.add(WORD_BY_DIGIT);
  if (count > 0 && LIKE_BY_DIGIT.test(text)) found.add(LOOK_ALIKE);
  if (needsMore && !areEnough(found)) return found;
  if (MAY_BE_ENCODED.test(text)) found.add(ENCODED);
  if (TAG_BY_DIGIT.test(text)) found.add(TAGS);
  if (SAYS_CARD.test(text)) found.add(CARD_WORDS);
  if (SAYS_SSN.test(text)) found.add(SSN_WORDS);
  return found;
}

/** Whether a number may be there: for nearly all of chat they are not. @param {Set<number>} hints */
export const areEnough = (hints) =>
  ALWAYS.some((hint) => hints.has(hint)) || (hints.has(FEW_DIGITS) && (hints.has(WORD_BY_DIGIT) || hints.has(LOOK_ALIKE)));

/** @param {string} text */
function digitsIn(text) {
  let count = 0;
  let isAscii = true;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x30 && unit <= 0x39) count += 1;
    else if (unit >= 0x80) isAscii = false;
  }
  return isAscii ? count : count + (text.match(FOREIGN_DIGITS)?.length ?? 0);
}

/** @param {Iterable<string>} words @param {(letter: string) => string} [written] */
function alternatives(words, written = accented) {
  /** @type {Branch} */
  const root = new Map();
  for (const word of words) {
    let branch = root;
    for (const letter of word) {
      if (!branch.has(letter)) branch.set(letter, new Map());
      branch = /** @type {Branch} */ (branch.get(letter));
    }
    branch.set("", new Map());
  }
  return expression(root, written);
}

/** @param {Branch} branch @param {(letter: string) => string} written @returns {string} */
function expression(branch, written) {
  const ways = [...branch].map(([letter, rest]) => (letter ? written(letter) + expression(rest, written) : ""));
  return ways.length > 1 ? `(?:${ways.sort((a, b) => b.length - a.length).join("|")})` : ways[0] ?? "";
}

/** Any word of a kind, in parts of words as well. @param {string[]} words */
function spoken(words) {
  return new RegExp(alternatives(words, (letter) => (letter === " " ? "[^0-9]{1,4}" : classOf(ACCENTS[letter] ?? letter))), "iu");
}

/** @param {string} letter */
function cased(letter) {
  return /[a-z]/.test(letter) ? classOf([letter, letter.toUpperCase(), ...(letter === "s" ? "\u017f" : ALSO[letter] ?? "")]) : hex(letter);
}

/** @param {string} letter */
function accented(letter) {
  const known = ACCENTS[letter];
  if (!known) return cased(letter);
  return classOf([...known, ...[...known].map((char) => char.toUpperCase()).filter((char) => char.length === 1), ...(ALSO[letter] ?? "")]);
}
