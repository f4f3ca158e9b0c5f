// @ts-check
/** A text as it can be read: the browser's copy of security/masking/reading/views.py. */
import { tables } from "../mask-tables.js";
import { decoded } from "./decoding.js";
import { INVISIBLE, digits, folded } from "./folding.js";
import { numerals } from "./numerals.js";
import { ENCODED, IDEOGRAPHS, LOOK_ALIKE, NUMBER_WORDS, TAGS, WORD_BY_DIGIT, hintsOf } from "./prefilter.js";

/** @typedef {{name: string, text: string, starts: number[], ends: number[], isLiteral: boolean}} View text[i] stands for starts[i]:ends[i] of the input */

const LAYERS = 3;
/** A whole group or number at the end of a sentence: no digit is missing. */
const EXCLAIMED = /^(?:\p{Nd}{4}|\p{Nd}{16})!+$/u;
const ONES_AND_NOUGHTS = /^[oOlI|]{4}$/;
const LOOKALIKES = new Map(Object.entries(tables.lookalikes));
const IDEOGRAPH_DIGITS = new Map(Object.entries(tables.ideographs));
const READABLE = [...digits.keys(), ...Array.from(LOOKALIKES.keys(), (char) => /** @type {number} */ (char.codePointAt(0)))]
  .map((code) => `\\u{${code.toString(16)}}`).join("");
const LOOK_ALIKE_WORD = new RegExp(`(?<![\\p{L}\\p{N}])[0-9${READABLE}]{3,40}(?![\\p{L}\\p{N}])`, "gu");
const IDEOGRAPH = new RegExp(`[${[...IDEOGRAPH_DIGITS.keys()].join("")}]`, "gu");

/** Digits of every script as figures, letters folded, what is invisible left out. @param {string} text @returns {View} */
export function plain(text) {
  const classes = folded(text);
  const places = [];
  for (let place = 0; place < classes.length; place += 1) if (classes[place] !== INVISIBLE) places.push(place);
  const visible = places.length === classes.length ? classes : classes.replaceAll(INVISIBLE, "");
  return { name: "plain", text: visible, starts: places, ends: places.map((place) => place + 1), isLiteral: true };
}

/**
 * Every way to read the text that the prefilter's hints speak for, the plain one first, each with its own hints.
 * @param {string} text without lone surrogates
 * @param {Set<number>} hints
 * @returns {Generator<[View, Set<number>]>}
 */
export function* views(text, hints) {
  const first = plain(text);
  yield [first, hints];
  for (const reading of readings(text, first, hints)) yield [reading, hints];
  yield* decodings(text, hints);
}

/** @param {string} text @param {Set<number>} hints @returns {Generator<[View, Set<number>]>} */
function* decodings(text, hints) {
  if (hints.has(TAGS)) { // tags between the digits of one group
    const found = decoded(text, "");
    yield [through(plain(found.text), found.starts, found.ends), hints];
  }
  let layer = text;
  /** @type {number[] | null} */
  let starts = null;
  /** @type {number[] | null} */
  let ends = null;
  let known = hints;
  for (let number = 0; number < LAYERS && known.has(ENCODED); number += 1) {
    const found = decoded(layer);
    if (found.text === layer) return;
    // Through all layers: where a character's first and last part stand in the input.
    [starts, ends] = [composed(starts, found.starts, 0), composed(ends, found.ends, 1)];
    layer = found.text;
    known = hintsOf(layer);
    const view = plain(layer);
    for (const reading of [view, ...readings(layer, view, known)]) yield [through(reading, starts, ends), known];
  }
}

/** @param {number[] | null} outer @param {number[]} inner @param {0 | 1} offset */
function composed(outer, inner, offset) {
  return outer ? inner.map((place) => outer[place - offset]) : inner;
}

/** @param {View} view @param {number[]} starts @param {number[]} ends @returns {View} */
function through(view, starts, ends) {
  return {
    name: "decoded", text: view.text, isLiteral: false,
    starts: view.starts.map((place) => starts[place]), ends: view.ends.map((place) => ends[place - 1]),
  };
}

/** @param {string} text @param {View} view @param {Set<number>} hints @returns {Generator<View>} */
function* readings(text, view, hints) {
  if (hints.has(LOOK_ALIKE)) yield lookAlike(text);
  if (hints.has(IDEOGRAPHS)) {
    const read = text.replace(IDEOGRAPH, (char) => IDEOGRAPH_DIGITS.get(char) ?? char);
    yield { ...plain(read), name: "ideographs", isLiteral: false };
  }
  if (hints.has(WORD_BY_DIGIT) || hints.has(NUMBER_WORDS)) yield spelledOut(view);
}

/** With letters read as the digits that they look like, in words of digits and such letters. @param {string} text @returns {View} */
function lookAlike(text) {
  const read = text.replace(LOOK_ALIKE_WORD, (word) => {
    if ((!/\p{Nd}/u.test(word) && !ONES_AND_NOUGHTS.test(word)) || EXCLAIMED.test(word)) return word;
    return Array.from(word, (char) => LOOKALIKES.get(char) ?? char).join("");
  });
  return { ...plain(read), name: "look-alike", isLiteral: false };
}

/** With number words read as digits. @param {View} view @returns {View} */
function spelledOut(view) {
  /** @type {string[]} */
  const pieces = [];
  /** @type {number[]} */
  const starts = [];
  /** @type {number[]} */
  const ends = [];
  const copy = (/** @type {number} */ from, /** @type {number} */ to) => {
    pieces.push(view.text.slice(from, to));
    for (let place = from; place < to; place += 1) {
      starts.push(view.starts[place]);
      ends.push(view.ends[place]);
    }
  };
  let done = 0;
  for (const numeral of numerals(view.text)) {
    if (!numeral.isWord) continue;
    copy(done, numeral.start);
    pieces.push(numeral.digits);
    for (let i = 0; i < numeral.digits.length; i += 1) {
      starts.push(view.starts[numeral.start]);
      ends.push(view.ends[numeral.end - 1]);
    }
    done = numeral.end;
  }
  copy(done, view.text.length);
  return { name: "words", text: pieces.join(""), starts, ends, isLiteral: false };
}
