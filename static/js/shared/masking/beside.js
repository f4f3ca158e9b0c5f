// @ts-check
/** What stands beside a card and belongs to it: the browser's copy of security/masking/finding/beside.py. */
import { tables } from "../mask-tables.js";
import { WORDS } from "./folding.js";
import { matchesWithin } from "./scan.js";

/** @typedef {import("./scan.js").Candidate} Candidate */
/** @typedef {import("./views.js").View} View */

const REACH = 160;
const NEAR = 48;
const MOST = 100;
const MONTH = "(?:0[1-9]|1[0-2])";
const YEAR = "(?:2[4-9]|3[0-9]|4[0-9])";
const LONG_YEAR = `(?:20)?${YEAR}`;
const END = `(?![${WORDS}])`;
const EXPIRY = `(?:0?[1-9]|1[0-2])\\s?[/\\-.\\\\|]\\s?${LONG_YEAR}|${MONTH} ?${YEAR}`;
const EXPIRY_ALONE = new RegExp(`(?<![0-9/\\-.])(${MONTH}\\s?[/\\-]\\s?${LONG_YEAR}|[1-9]/${LONG_YEAR})(?![0-9]|[/\\-.][0-9])`, "gd");
const BOTH_BEHIND = new RegExp(`[\\s,;:/|.\\-]{0,4}(${MONTH}[/\\-. |,]?${LONG_YEAR})[\\s,;:/|.\\-]{1,4}([0-9]{3,4})(?![0-9])`, "dy");
const VALUE_BEHIND = new RegExp(
  `(?:[\\s,;/|.\\-:&(]|and${END}|y${END}|et${END}|und${END}){1,6}([0-9]{3,4})(?![0-9]|[.,:/\\-][0-9]|\\s?[$%a-z])`,
  "dy",
);
const SHORT_EXPIRY_BEHIND = new RegExp(`[\\s,;/|.\\-]{1,4}(${MONTH}${YEAR})(?![0-9]|[.,:/\\-][0-9]| (?!c[vs]|sec|code)[a-z])`, "dy");

const anyOf = (/** @type {string[]} */ words) => `(?:${words.map((word) => word.replace(/[\\^$*+?.()|[\]{}\-/]/g, "\\$&")).join("|")})`;
const VALUE = "[^0-9\\u2022\\n]{0,24}?\\n?(?<![0-9])([0-9]{3,4})(?![0-9]|[.,:/\\-][0-9])";
const NAMED_VALUE = new RegExp(`(?<![a-z])${anyOf(tables.verification)}[0-9]?(?![a-z])${VALUE}`, "gd");
const NAMED_CODE = new RegExp(`(?<![a-z])${anyOf(tables.codes)}(?![a-z])${VALUE}`, "gd");
const NAMED_MONTH = `(?:${tables.months.join("|")})[a-z]{0,8}\\.?[ /\\-]{0,3}${LONG_YEAR}`;
const NAMED_EXPIRY = new RegExp(
  `(?<![a-z])${anyOf(tables.expiry)}(?![a-z])[^0-9\\u2022\\n]{0,16}?(?<![0-9a-z])(${EXPIRY}|${NAMED_MONTH})(?![0-9]|[/\\-.][0-9])`,
  "gd",
);

/** Verification values that are named, with or without a card. @param {View} view @returns {Candidate[]} */
export function namedValuesIn(view) {
  return Array.from(matchesWithin(NAMED_VALUE, view.text, 0, view.text.length), (match) => candidate(view, "cvv", span(match), "named"));
}

/** What stands beside `cards`, which were found in this view. @param {View} view @param {Candidate[]} cards @returns {Generator<Candidate>} */
export function* besideCards(view, cards) {
  if (!cards.length) return;
  const spans = spansOf(view, cards);
  if (spans.length === 1 && !hasMore(view.text, spans[0])) return;
  for (const [low, high] of neighbourhoods(spans, view.text.length)) {
    for (const [kind, named] of /** @type {[string, RegExp][]} */ ([["expiry", NAMED_EXPIRY], ["cvv", NAMED_CODE]])) {
      for (const match of matchesWithin(named, view.text, low, high)) yield candidate(view, kind, span(match), "named");
    }
  }
  for (const [start, end] of spans.slice(0, MOST)) yield* behind(view, start, end);
}

/** Whether there are more digits within reach of the only card. @param {string} text @param {[number, number]} span */
const hasMore = (text, [start, end]) => /[0-9]/.test(text.slice(Math.max(0, start - REACH), start)) || /[0-9]/.test(text.slice(end, end + REACH));

/** @param {View} view @param {Candidate[]} cards @returns {[number, number][]} */
function spansOf(view, cards) {
  /** @type {Map<string, [number, number]>} */
  const spans = new Map();
  for (const { start, end } of cards) {
    const [low, high] = [firstFrom(view.starts, start), firstFrom(view.starts, end)];
    spans.set(`${low} ${high}`, [low, high]);
  }
  return [...spans.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** What is within reach of the cards, without overlap. @param {[number, number][]} spans @param {number} length */
function neighbourhoods(spans, length) {
  /** @type {[number, number][]} */
  const near = [];
  for (const [start, end] of spans) {
    const [low, high] = [Math.max(0, start - REACH), Math.min(length, end + REACH)];
    const last = near[near.length - 1];
    if (last && low <= last[1]) last[1] = Math.max(high, last[1]);
    else near.push([low, high]);
  }
  return near;
}

/** An expiry near a card and three or four digits right behind it or the expiry, though nothing names them. @param {View} view @param {number} start @param {number} end @returns {Generator<Candidate>} */
function* behind(view, start, end) {
  const { text } = view;
  const both = matchAt(BOTH_BEHIND, text, end);
  if (both) {
    yield candidate(view, "expiry", span(both), "beside a card");
    yield candidate(view, "cvv", span(both, 2), "beside a card");
    return;
  }
  const found = searchWithin(EXPIRY_ALONE, text, end, end + NEAR) ?? matchAt(SHORT_EXPIRY_BEHIND, text, end);
  const expiry = found ?? searchWithin(EXPIRY_ALONE, text, Math.max(0, start - NEAR), start);
  if (expiry) yield candidate(view, "expiry", span(expiry), "beside a card");
  for (const place of new Set([end, found ? span(found)[1] : end])) {
    const value = matchAt(VALUE_BEHIND, text, place);
    if (value && (value[1].length === 3 || found)) yield candidate(view, "cvv", span(value), "beside a card");
  }
}

/** @param {View} view @param {string} kind @param {number[]} span @param {string} reason @returns {Candidate} */
function candidate(view, kind, [start, end], reason) {
  const digits = view.isLiteral ? "" : view.text.slice(start, end).replace(/[^0-9]/g, "");
  return { kind, start: view.starts[start], end: view.ends[end - 1], rule: kind, explain: () => [reason], kept: 0, digits, places: [] };
}

/** Where a group of a match stands. @param {RegExpExecArray} match */
const span = (match, group = 1) => /** @type {[number, number]} */ (/** @type {any} */ (match).indices[group]);

/** @param {RegExp} sticky @param {string} text @param {number} place */
function matchAt(sticky, text, place) {
  sticky.lastIndex = place;
  return sticky.exec(text);
}

/** @param {RegExp} expression @param {string} text @param {number} low @param {number} high */
function searchWithin(expression, text, low, high) {
  for (const match of matchesWithin(expression, text, low, high)) return match;
  return null;
}

/** @param {number[]} sorted @param {number} least */
function firstFrom(sorted, least) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
