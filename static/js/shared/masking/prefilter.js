// @ts-check
/**
 * Whether there is anything to look for: the browser's copy of security/masking/reading/prefilter.py. RE2 searches for all of its
 * expressions at once; here digits are counted, and words are factored by their beginnings, so that a position of the text
 * that begins no word costs one step.
 */
import { tables } from "../mask-tables.js";
import { FOREIGN_DIGITS, digits } from "./folding.js";

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
const FEWEST_WORDS = 4;
/** @type {Record<string, string>} */
const ACCENTS = { a: "aáàâãä", c: "cç", e: "eéèêë", i: "iíìîï", n: "nñ", o: "oóòôõö", s: "sß", u: "uúùûü" };
/** What RE2 takes for the same letter where case does not matter, beyond upper case. @type {Record<string, string>} */
const ALSO = { k: "\u212a", s: "\u017f" };

/** @typedef {Map<string, Branch>} Branch "" is the end of a word */
/** @typedef {(letter: string) => string} Written how a letter of a word is looked for */

const NUMBERS = [...Object.keys(tables.numbers.units), ...Object.keys(tables.numbers.tens), ...Object.keys(tables.numbers.multipliers)];
const JOINERS = ["and", "y", "et", "und", "then", "e"];
const MAY_BE_ENCODED = /%[0-9a-fA-F]{2}|&#?[a-zA-Z0-9]|\\[uUxXntr]|<\/?[a-zA-Z!]|=3[0-9]/;
const TAG_BY_DIGIT = /[0-9]<\/?[a-zA-Z]/;
const ASCII = /^[\0-\x7f]*$/;
const FIRST_BEYOND = Math.min(...digits.keys());

/**
 * What is searched for. In a text of ASCII nothing beyond it can be found, so small expressions do there what those for all
 * scripts do elsewhere; each is made when it is first needed.
 */
class Searches {
  /** @param {boolean} isAscii */
  constructor(isAscii) {
    this.isAscii = isAscii;
    const digit = isAscii ? "[0-9]" : `[0-9${FOREIGN_DIGITS}]`;
    const between = isAscii ? "[^a-zA-Z0-9]" : "[^\\p{L}\\p{N}]";
    const noDigit = isAscii ? "[^0-9]" : "[^\\p{N}]";
    const like = this.#class(Object.keys(tables.lookalikes));
    const [word, long] = [this.#words(NUMBERS, accented), this.#words(NUMBERS.filter((one) => one.length >= 3), accented)];
    const ss = `${this.#class(cased("s"))}{2}`;
    const ssn = this.#words(["ssn", "social"], cased);
    const [blank, no, num] = ["[\\t\\n\\f\\r ]", "[nN][oO]", "[nN][uU][mM]"];
    const joined = `${between}{1,8}(?:${this.#words(JOINERS, (letter) => letter)}${between}{1,4})?`;
    this.word = this.#expression(`\\b${word}`, "g");
    this.words = this.#expression(`(?:\\b${word}\\b${joined}){3}\\b${word}`);
    this.glued = [2, 3, 4].map((times) => this.#expression(`(?:${long}){${times}}`));
    this.wordByDigit = this.#expression(`${digit}${between}{0,4}${word}\\b|\\b${word}${between}{0,4}${digit}`);
    this.likeByDigit = this.#expression(`${digit}${like}|${like}${digit}`);
    this.value = this.#expression(`${this.#words(tables.verification, accented)}${noDigit}{0,24}${digit}{3}`);
    this.lastFour = this.#expression(
      `(?:${ssn}|${ss}${blank}?#|${ss} ${no}|${ss} ${num})${noDigit}{0,60}${digit}{4}|${digit}{4}${noDigit}{0,40}(?:${ssn}|${ss}${blank}?#)`,
    );
    const ideograph = isAscii ? "(?!)" : this.#class(Object.keys(tables.ideographs));
    this.ideographs = this.#expression(ideograph, "g");
    this.ideographByDigit = this.#expression(`${digit}${ideograph}|${ideograph}${digit}`);
    this.card = this.#spoken(tables.lexicon.card);
    this.ssn = this.#spoken(tables.lexicon.ssn);
  }

  /** @param {string} source */
  #expression(source, flags = "") {
    return new RegExp(source, this.isAscii ? flags : `${flags}u`);
  }

  /** Any word of a kind, in parts of words as well. @param {string[]} words */
  #spoken(words) {
    const written = (/** @type {string} */ letter) => ACCENTS[letter] ?? letter;
    return this.#expression(this.#words(words, written), "i");
  }

  /** @param {Iterable<string>} chars */
  #class(chars) {
    const signs = [...new Set(chars)].filter((char) => !this.isAscii || char < "\x80");
    const written = signs.map((char) => (this.isAscii || /[a-zA-Z]/.test(char) ? char : `\\u{${/** @type {number} */ (char.codePointAt(0)).toString(16)}}`));
    return signs.length === 1 && /[a-zA-Z]/.test(signs[0]) ? signs[0] : `[${written.join("")}]`;
  }

  /** Any of the words, factored by their beginnings; spaces are up to four signs. @param {string[]} words @param {Written} written */
  #words(words, written) {
    /** @type {Branch} */
    const root = new Map();
    for (const word of words) {
      if (this.isAscii && !ASCII.test(word)) continue;
      let branch = root;
      for (const letter of word) {
        if (!branch.has(letter)) branch.set(letter, new Map());
        branch = /** @type {Branch} */ (branch.get(letter));
      }
      branch.set("", new Map());
    }
    return this.#branches(root, written);
  }

  /** @param {Branch} branch @param {Written} written @returns {string} */
  #branches(branch, written) {
    const ways = [...branch].map(([letter, rest]) => {
      if (!letter) return "";
      return (letter === " " ? "[^0-9]{1,4}" : this.#class(written(letter))) + this.#branches(rest, written);
    });
    return ways.length > 1 ? `(?:${ways.sort((a, b) => b.length - a.length).join("|")})` : ways[0] ?? "";
  }
}

/** @type {Map<boolean, Searches>} */
const SEARCHES = new Map();

/** @param {string} text */
function searchesFor(text) {
  const isAscii = ASCII.test(text);
  const known = SEARCHES.get(isAscii) ?? new Searches(isAscii);
  SEARCHES.set(isAscii, known);
  return known;
}

/**
 * What the text holds of what detectors look at; without `isThorough` nothing more is asked where that is not enough.
 * @param {string} text without lone surrogates
 * @param {boolean} [isThorough]
 * @returns {Set<number>}
 */
export function hintsOf(text, isThorough = true) {
  const search = searchesFor(text);
  /** @type {Set<number>} */
  const found = new Set();
  const has = (/** @type {number} */ hint, /** @type {boolean} */ isThere) => isThere && found.add(hint);
  const count = digitsIn(text, MANY);
  has(NUL, text.includes("\0"));
  has(DIGITS, count >= MANY);
  // Large expressions take a phone a hundred milliseconds when they are first used: nearly no text comes so far.
  const isSpelled = (text.match(search.word)?.length ?? 0) >= FEWEST_WORDS && search.words.test(text);
  const [two, three, four] = search.glued;
  const isGlued = two.test(text) && three.test(text);
  has(NUMBER_WORDS, isSpelled || (isGlued && four.test(text)));
  has(CVV, count >= 3 && search.value.test(text));
  has(LAST_FOUR, count >= 4 && search.lastFour.test(text));
  has(IDEOGRAPHS, (text.match(search.ideographs)?.length ?? 0) >= FEWEST_IDEOGRAPHS || search.ideographByDigit.test(text));
  const needsMore = !isThorough && !found.size;
  if (needsMore && count < FEW) return found;
  has(FEW_DIGITS, count >= FEW);
  has(WORD_BY_DIGIT, isGlued || (count > 0 && search.wordByDigit.test(text)));
  has(LOOK_ALIKE, count > 0 && search.likeByDigit.test(text));
  if (needsMore && !areEnough(found)) return found;
  has(ENCODED, MAY_BE_ENCODED.test(text));
  has(TAGS, TAG_BY_DIGIT.test(text));
  has(CARD_WORDS, search.card.test(text));
  has(SSN_WORDS, search.ssn.test(text));
  return found;
}

/** How many digits of any script there are, counted up to `most`. @param {string} text @param {number} most */
function digitsIn(text, most) {
  let count = 0;
  for (let unit = 0; unit < text.length && count < most; unit += 1) {
    const code = text.charCodeAt(unit);
    if (code < FIRST_BEYOND) count += Number(code >= 0x30 && code <= 0x39);
    else if (digits.has(/** @type {number} */ (text.codePointAt(unit)))) count += 1; // the second half of a pair is none
  }
  return count;
}

/** Whether a number may be there: for nearly all of chat they are not. @param {Set<number>} hints */
export const areEnough = (hints) =>
  ALWAYS.some((hint) => hints.has(hint)) || (hints.has(FEW_DIGITS) && (hints.has(WORD_BY_DIGIT) || hints.has(LOOK_ALIKE)));

/** A letter in both cases, as RE2 takes them for the same. @param {string} letter */
function cased(letter) {
  return /[a-z]/.test(letter) ? letter + letter.toUpperCase() + (ALSO[letter] ?? "") : letter;
}

/** The same with its accents. @param {string} letter */
function accented(letter) {
  const known = [...(ACCENTS[letter] ?? letter)];
  return [...known, ...known.map((char) => char.toUpperCase()).filter((char) => char.length === 1), ALSO[letter] ?? "", letter === "s" ? "\u1e9e" : ""].join("");
}
