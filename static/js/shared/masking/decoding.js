// @ts-check
/** Percent-encoding, entities, escapes and tags: the browser's copy of security/masking/reading/decoding.py. */
import { tables } from "../mask-tables.js";

/** @typedef {{text: string, starts: number[], ends: number[]}} Decoded code point i of the text stands for starts[i]:ends[i] */

const ENCODED = new RegExp(
  "(?<percent>(?:%[0-9a-fA-F]{2})+)" +
    "|&#(?<decimal>[0-9]{1,7});?|&#[xX](?<hex>[0-9a-fA-F]{1,6});?|&(?<name>[a-zA-Z]{2,8});" +
    "|\\\\u(?<high>[dD][89abAB][0-9a-fA-F]{2})\\\\u(?<low>[dD][c-fC-F][0-9a-fA-F]{2})" +
    "|\\\\u\\{(?<braced>[0-9a-fA-F]{1,6})\\}|\\\\[uU](?:0000)?(?<escape>[0-9a-fA-F]{4})|\\\\[xX](?<byte>[0-9a-fA-F]{2})" +
    "|\\\\(?<blank>[ntr])|(?<quoted>(?:=(?:3[0-9]|20|2[Dd])){2,})" +
    "|(?<tag></?[a-zA-Z][^<>]{0,200}>|<!--[^<>]{0,200}-->)",
  "gu",
);
const CODES = /** @type {const} */ ([["decimal", 10], ["hex", 16], ["braced", 16], ["escape", 16], ["byte", 16]]);
const LARGEST = 0x10ffff;
const UNKNOWN = "\ufffd";
const ENTITIES = new Map(Object.entries(tables.entities));
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The text with one layer decoded, tags read as `tag`.
 * @param {string} text without lone surrogates
 * @returns {Decoded}
 */
export function decoded(text, tag = " ") {
  const points = pointsOf(text);
  /** @type {string[]} */
  const pieces = [];
  /** @type {number[]} */
  const starts = [];
  /** @type {number[]} */
  const ends = [];
  const copy = (/** @type {number} */ from, /** @type {number} */ to) => {
    pieces.push(text.slice(from, to));
    for (let point = points(from); point < points(to); point += 1) {
      starts.push(point);
      ends.push(point + 1);
    }
  };
  let done = 0;
  for (const match of text.matchAll(ENCODED)) {
    copy(done, match.index);
    const start = points(match.index);
    done = match.index + match[0].length;
    const length = points(done) - start;
    for (const [char, begin, stop] of characters(match, length, tag)) {
      pieces.push(char);
      starts.push(start + begin);
      ends.push(start + stop);
    }
  }
  copy(done, text.length);
  return { text: pieces.join(""), starts, ends };
}

/** Where a UTF-16 offset lies in code points. @param {string} text @returns {(unit: number) => number} */
function pointsOf(text) {
  if (!/[\ud800-\udfff]/.test(text)) return (unit) => unit;
  const points = [];
  let point = 0;
  for (const char of text) {
    for (let unit = 0; unit < char.length; unit += 1) points.push(point);
    point += 1;
  }
  points.push(point);
  return (unit) => points[unit];
}

/**
 * What an encoded stretch stands for: characters with their offsets in it.
 * @param {RegExpMatchArray} match
 * @param {number} length in code points
 * @param {string} tag
 * @returns {[string, number, number][]}
 */
function characters(match, length, tag) {
  const found = /** @type {Record<string, string | undefined>} */ (match.groups);
  const stretch = found.percent ?? found.quoted;
  if (stretch !== undefined) return percent(stretch);
  if (found.tag !== undefined) return tag ? [[tag, 0, length]] : [];
  if (found.blank !== undefined) return [[" ", 0, length]];
  if (found.name !== undefined) {
    const char = ENTITIES.get(found.name) ?? ENTITIES.get(found.name.toLowerCase());
    return char ? [[char, 0, length]] : Array.from(match[0], (letter, i) => [letter, i, i + 1]);
  }
  if (found.high !== undefined && found.low !== undefined) { // a character beyond 16 bits as JSON writes it
    return [[String.fromCharCode(Number.parseInt(found.high, 16), Number.parseInt(found.low, 16)), 0, length]];
  }
  for (const [kind, base] of CODES) {
    const digits = found[kind];
    if (digits === undefined) continue;
    const code = Number.parseInt(digits, base);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    return [[code > 0 && code <= LARGEST && !isSurrogate ? String.fromCodePoint(code) : UNKNOWN, 0, length]];
  }
  return [];
}

/** Bytes as three characters each, read as UTF-8. @param {string} whole @returns {[string, number, number][]} */
function percent(whole) {
  const data = new Uint8Array(whole.length / 3);
  for (let i = 0; i < data.length; i += 1) data[i] = Number.parseInt(whole.slice(3 * i + 1, 3 * i + 3), 16);
  /** @type {[string, number, number][]} */
  const chars = [];
  for (let place = 0; place < data.length; ) {
    const [char, length] = character(data, place);
    chars.push([char, 3 * place, 3 * (place + length)]);
    place += length;
  }
  return chars;
}

/** @param {Uint8Array} data @param {number} place @returns {[string, number]} */
function character(data, place) {
  const first = data[place];
  if (first < 0x80) return [String.fromCharCode(first), 1];
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  try {
    return [UTF8.decode(data.subarray(place, place + length)), length];
  } catch {
    return [UNKNOWN, 1];
  }
}
