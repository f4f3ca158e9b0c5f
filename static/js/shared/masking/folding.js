// @ts-check
/**
 * One class letter per character: the browser's copy of security/masking/folding.py. Class text has one UTF-16 unit for
 * each code point of what it stands for, so that offsets in it are the server's: a letter beyond the basic plane that no
 * word of the tables has becomes some other letter that no word has.
 */
import { tables } from "../mask-tables.js";

export const INVISIBLE = "\0";
export const BULLET = "\u2022";
/** Letters of class text, and what `\w` is in it, as parts of a character class: nothing else there lies beyond ASCII. */
export const LETTERS = "a-z\\u0080-\\u2021\\u2023-\\uffff";
export const WORDS = `0-9_${LETTERS}`;
/** Hebrew and what comes after it: words of these scripts are looked for in longer ones. */
export const NO_SPACES = "\u0590";

const SIGN = "/";
const NO_DIGIT = "?";
const ASCII = 0x80;
const BASIC = 0xffff;
const BEYOND_EUROPE = "\u0530";
const [UNNAMED, UNNAMED_LETTERS] = [0xa016, 1_000]; // syllables of Yi
const PLAIN = /^[\t-\r\x20-\x7e]*$/;
const LETTER = /^\p{L}+$/u;
const HIDDEN = /^[\p{M}\p{Cf}\p{Cc}]$/u;

/** Digits beyond ASCII by code point. @type {Map<number, string>} */
export const digits = new Map();
/** @type {Map<number, string>} what no table names is folded when it is first met, and remembered */
const FOLDED = new Map();

for (const [first, value, count] of tables.digits) {
  for (let i = 0; i < count; i += 1) if (first + i >= ASCII) digits.set(first + i, String(value + i));
}
for (const [code, digit] of digits) FOLDED.set(code, digit);
/** Part of a character class of expressions with the flag `u`: these digits, in ranges, since each of them by itself is slow to compile. */
export const FOREIGN_DIGITS = rangesOf([...digits.keys()].sort((a, b) => a - b));
for (const [ranges, letter] of /** @type {[number[][], string][]} */ ([
  [tables.spaces, " "], [tables.dashes, "-"], [tables.dots, "."], [tables.commas, ","], [tables.invisible, INVISIBLE],
])) {
  for (const [first, last] of ranges) {
    for (let code = first; code <= last; code += 1) if (code >= ASCII || letter === INVISIBLE) FOLDED.set(code, letter);
  }
}
FOLDED.set(0xdf, "s");
FOLDED.set(0x2022, BULLET);

/**
 * The class letters of a text, one for each code point.
 * @param {string} text
 */
export function folded(text) {
  if (PLAIN.test(text)) return text.toLowerCase();
  let classes = "";
  for (const char of text) {
    const code = /** @type {number} */ (char.codePointAt(0));
    let letter = FOLDED.get(code);
    if (letter === undefined) {
      letter = fold(char, code);
      FOLDED.set(code, letter);
    }
    classes += letter;
  }
  return classes;
}

/** @param {string} char a letter of class text, or nothing */
export const isLetter = (char) => (char >= "a" && char <= "z") || (char >= "\x80" && char !== BULLET);

/** @param {string} char a letter of class text, or nothing */
export const isDigit = (char) => char >= "0" && char <= "9" && char.length === 1;

/** @param {number[]} codes in order */
function rangesOf(codes) {
  const written = (/** @type {number} */ code) => `\\u{${code.toString(16)}}`;
  let [ranges, first] = ["", codes[0]];
  for (const [i, code] of codes.entries()) {
    if (codes[i + 1] === code + 1) continue;
    ranges += first === code ? written(code) : `${written(first)}-${written(code)}`;
    first = codes[i + 1];
  }
  return ranges;
}

/** @param {string} char @param {number} code */
function fold(char, code) {
  if (code < ASCII) return char.toLowerCase();
  if (LETTER.test(char)) {
    const letter = foldedLetter(char);
    return letter.length === 1 ? letter : String.fromCharCode(UNNAMED + (/** @type {number} */ (letter.codePointAt(0)) % UNNAMED_LETTERS));
  }
  if (HIDDEN.test(char)) return INVISIBLE;
  if (/^\p{N}$/u.test(char)) return NO_DIGIT;
  return /^\p{Sc}$/u.test(char) ? "$" : SIGN;
}

/** @param {string} char */
function foldedLetter(char) {
  const [first] = char.normalize("NFKD");
  const base = first.toLowerCase();
  const lower = base < BEYOND_EUROPE && LETTER.test(base) ? base : char.toLowerCase();
  const length = lower.length === 2 && /** @type {number} */ (lower.codePointAt(0)) > BASIC ? 1 : lower.length;
  return length === 1 ? lower : char;
}
