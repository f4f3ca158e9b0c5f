// @ts-check
/**
 * From characters to chains of digit groups: the browser's copy of security/masking/scan.py and surroundings.py.
 * Everything counts code points, as the server does, never UTF-16 units.
 */
import { tables } from "./mask-tables.js";

export const INVISIBLE = "\0";
const MAX_GAP = 6;
const FEWEST_DIGITS = 9;
const BEFORE = 60;
const AFTER = 30;
const HASH_REACH = 64;
const HASH_LENGTH = 24;
const HASH_LETTERS = 4;
const SEPARATORS = /^[ \-.,/]*$/;
const HEX = /[0-9A-Fa-f-]/;

/** @typedef {{start: number, end: number, digits: string}} Group */
/** @typedef {{groups: Group[], gaps: string[], digits: string, begins: number[]}} Chain group i is digits.slice(begins[i], begins[i + 1]) */
/** @typedef {{kind: string, start: number, end: number, rule: string, explain: () => string[], keepsLastFour: boolean}} Candidate reasons are asked for only where it stays */

/** @type {Map<number, string>} */
const CLASSES = new Map();
for (const [first, value, count] of tables.digits) {
  for (let i = 0; i < count; i += 1) CLASSES.set(first + i, String(value + i));
}
for (const [ranges, letter] of /** @type {[number[][], string][]} */ ([
  [tables.invisible, INVISIBLE],
  [tables.spaces, " "],
  [tables.dashes, "-"],
  [tables.dots, "."],
  [tables.commas, ","],
  [tables.others, "/"],
])) {
  for (const [first, last] of ranges) for (let code = first; code <= last; code += 1) CLASSES.set(code, letter);
}

/**
 * One class letter for each character; ASCII letters stand for themselves.
 * @param {string[]} chars
 * @returns {string}
 */
export function classesOf(chars) {
  return chars
    .map((char) => CLASSES.get(/** @type {number} */ (char.codePointAt(0))) ?? (char < "\x80" ? char : "?"))
    .join("");
}

/**
 * Every chain of at least nine digits, given the class letters of the text.
 * @param {string} classes
 * @returns {Chain[]}
 */
export function chainsOf(classes) {
  /** @type {Pick<Chain, "groups" | "gaps">[]} */
  const chains = [];
  /** @type {Pick<Chain, "groups" | "gaps"> | null} */
  let chain = null;
  for (const match of classes.matchAll(/[0-9](?:\0*[0-9])*/g)) {
    const group = { start: match.index, end: match.index + match[0].length, digits: visible(match[0]) };
    const last = chain?.groups.at(-1);
    const gap = last ? visible(classes.slice(last.end, group.start)) : "";
    if (chain && gap.length <= MAX_GAP && SEPARATORS.test(gap)) {
      chain.gaps.push(gap);
      chain.groups.push(group);
    } else {
      chain = { groups: [group], gaps: [] };
      chains.push(chain);
    }
  }
  return chains.map(whole).filter(({ digits }) => digits.length >= FEWEST_DIGITS);
}

/** @param {Pick<Chain, "groups" | "gaps">} chain @returns {Chain} */
function whole({ groups, gaps }) {
  const begins = [0];
  for (const group of groups) begins.push(begins[begins.length - 1] + group.digits.length);
  return { groups, gaps, digits: groups.map((group) => group.digits).join(""), begins };
}

/** What stands around a number, for it or against it. */
export class Surroundings {
  /** @type {Map<string, {places: number[], said: boolean}>} */
  #words = new Map();

  /**
   * @param {string} classes
   * @param {readonly string[]} context the messages before
   */
  constructor(classes, context) {
    this.classes = classes;
    this.context = context;
  }

  /** @param {"card" | "ssn"} kind @param {number} start @param {number} end */
  speakOf(kind, start, end) {
    let found = this.#words.get(kind);
    if (!found) {
      const expression = wordsOf(kind);
      found = {
        places: [...this.classes.matchAll(expression)].map((match) => match.index),
        said: this.context.some((text) => text.search(expression) >= 0),
      };
      this.#words.set(kind, found);
    }
    const first = found.places[firstFrom(found.places, start - BEFORE)];
    return found.said || (first !== undefined && first <= end + AFTER);
  }

  /** @param {number} start */
  before(start) {
    return start > 0 ? this.classes[start - 1] : "";
  }

  /** @param {number} start */
  isFraction(start) {
    const lead = this.classes.slice(Math.max(start - 2, 0), start);
    return lead === "0." && !/^[0-9A-Za-z]$/.test(this.before(start - 2));
  }

  /** @param {number} start @param {number} end */
  isInHash(start, end) {
    let left = start;
    let right = end;
    while (left > Math.max(0, start - HASH_REACH) && HEX.test(this.classes[left - 1])) left -= 1;
    while (right < Math.min(this.classes.length, end + HASH_REACH) && HEX.test(this.classes[right])) right += 1;
    const word = this.classes.slice(left, right);
    return word.length >= HASH_LENGTH && word.replace(/[^A-Za-z]/g, "").length >= HASH_LETTERS;
  }
}

/** @param {"card" | "ssn"} kind */
function wordsOf(kind) {
  const words = tables.context[kind].map((word) => word.replace(/[-\\^$*+?.()|[\]{}/]/g, "\\$&"));
  return new RegExp(`(?<![A-Za-z])(?:${words.join("|")})(?![A-Za-z])`, "gi");
}

/** @param {number[]} sorted @param {number} least */
function firstFrom(sorted, least) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {string} classes */
function visible(classes) {
  return classes.replaceAll(INVISIBLE, "");
}
