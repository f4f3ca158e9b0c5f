// @ts-check
/** The tables ready for use: the browser's copy of security/masking/tables.py. */
import { tables } from "../mask-tables.js";

const PREFIX = 6;
const UNITS = 10 ** PREFIX;
const { weights } = tables;
/** @type {Record<string, Record<string, number>>} */
const strengths = tables.strengths;

/** Between two edges every prefix belongs to the same brands, so the first one speaks for all of them. */
const EDGES = edges();
const LENGTHS = EDGES.map(lengthsFrom);
export const LAYOUTS = new Set(tables.layouts.map((layout) => layout.join("-")));

/**
 * The lengths, longest first, of the numbers that begin with the six digits at `begin`, and who issues them.
 * @param {string} digits
 * @param {number} begin
 * @returns {[number, string][]}
 */
export function issuersOf(digits, begin) {
  const prefix = digits.slice(begin, begin + PREFIX);
  let [low, high] = [0, EDGES.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (prefix < EDGES[middle]) high = middle;
    else low = middle + 1;
  }
  return low ? LENGTHS[low - 1] : LENGTHS[LENGTHS.length - 1];
}

/** How many points a number of this brand and length begins with. @param {string} brand @param {number} length @returns {number} */
export const strengthOf = (brand, length) => strengths[brand]?.[length] ?? weights.brand;

function edges() {
  const found = new Set([0]);
  for (const { prefixes } of tables.brands) {
    for (const [low, high] of prefixes) {
      found.add(Number(low.padEnd(PREFIX, "0")));
      found.add(Number(high.padEnd(PREFIX, "9")) + 1);
    }
  }
  found.delete(UNITS);
  return [...found].sort((a, b) => a - b).map((edge) => String(edge).padStart(PREFIX, "0"));
}

/** @param {string} prefix @returns {[number, string][]} */
function lengthsFrom(prefix) {
  /** @type {Map<number, string>} */
  const named = new Map();
  for (const { name, prefixes, lengths } of tables.brands) {
    const isIssued = prefixes.some(([low, high]) => low <= prefix.slice(0, low.length) && prefix.slice(0, low.length) <= high);
    for (const length of isIssued ? lengths : []) if (!named.has(length)) named.set(length, name);
  }
  return [...named].sort(([a], [b]) => b - a);
}
