// @ts-check
/** Cards and social security numbers: the browser's copy of security/masking/cards.py and ssn.py. */
import { tables } from "./mask-tables.js";

/** @typedef {import("./mask-scan.js").Chain} Chain */
/** @typedef {import("./mask-scan.js").Candidate} Candidate */
/** @typedef {import("./mask-scan.js").Surroundings} Surroundings */

const SHORTEST = 13;
const LONGEST_RUN = 40;
const INNER_LENGTHS = [16, 15];
const PREFIX = 4;
const LAYOUTS = new Set(tables.layouts.map((layout) => layout.join("-")));
const LAYOUT_GROUPS = Math.max(...tables.layouts.map((layout) => layout.length));

/**
 * The cards of a chain in order; they may overlap, but none lies inside one before it. A group of digits begins at most
 * one window for each length of a brand, and each window is looked at in constant time, whatever the text.
 * @param {Chain} chain
 * @param {Surroundings} around
 * @returns {Generator<Candidate>}
 */
export function* cardsIn(chain, around) {
  const { groups, digits, begins } = chain;
  if (digits.length < SHORTEST) return;
  const sums = luhnSums(digits);
  const groupEndingAt = new Map(begins.slice(1).map((end, index) => [end, index]));
  let reached = 0;
  for (const [first, group] of groups.entries()) {
    const begin = begins[first];
    if (digits.length - begin < SHORTEST || reached === digits.length) return;
    for (const length of lengthsOf(digits, begin)) {
      const end = begin + length;
      if (end <= reached) break;
      const last = groupEndingAt.get(end);
      if (last === undefined || !holds(sums, begin, end)) continue;
      const card = judged(chain, first, last, around);
      if (!card) continue;
      yield card;
      reached = end;
      break;
    }
    const size = group.digits.length;
    const card = size > SHORTEST && size <= LONGEST_RUN && reached < begins[first + 1] && inside(group, begin, sums, around);
    if (!card) continue;
    yield card;
    reached = begins[first + 1];
  }
}

/**
 * Every social security number of a chain.
 * @param {Chain} chain
 * @param {Surroundings} around
 * @returns {Generator<Candidate>}
 */
export function* ssnsIn(chain, around) {
  const { groups } = chain;
  for (const [first, group] of groups.entries()) {
    if (group.digits.length === 9 && isSsn(group.digits) && around.speakOf("ssn", group.start, group.end)) {
      yield ssn(group.start, group.end, ["nine digits", "ssn words"]);
    }
    if (group.digits.length !== 3 || groups[first + 1]?.digits.length !== 2 || groups[first + 2]?.digits.length !== 4) continue;
    const parts = groups.slice(first, first + 3);
    if (!isSsn(parts.map((part) => part.digits).join(""))) continue;
    const [start, end] = [parts[0].start, parts[2].end];
    const reasons = ["valid area, group and serial", "layout 3-2-4"];
    if (around.speakOf("ssn", start, end)) reasons.push("ssn words");
    else if (!standsAlone(chain, first) || around.before(start) === "+") continue;
    yield ssn(start, end, reasons);
  }
}

/** @param {Chain} chain @param {number} first @param {number} last @param {Surroundings} around @returns {Candidate | null} */
function judged(chain, first, last, around) {
  const digits = chain.digits.slice(chain.begins[first], chain.begins[last + 1]);
  const brand = brandOf(digits);
  if (!brand) return null;
  const [start, end] = [chain.groups[first].start, chain.groups[last].end];
  const spoken = around.speakOf("card", start, end);
  if (!spoken && (!isLaidOut(chain, first, last) || isSomethingElse(digits, start, end, around))) return null;
  const explain = () => {
    const layout = chain.groups.slice(first, last + 1).map((group) => group.digits.length);
    return ["luhn", `brand ${brand}`, `layout ${layout.join("-")}`, ...(spoken ? ["card words"] : [])];
  };
  return { kind: "card", start, end, rule: `card:${brand}`, explain, keepsLastFour: true };
}

/** @param {import("./mask-scan.js").Group} group @param {number} begin @param {number[][]} sums @param {Surroundings} around */
function inside(group, begin, sums, around) {
  const { start, end, digits } = group;
  if (!around.speakOf("card", start, end)) return null;
  for (const length of INNER_LENGTHS) {
    for (let at = 0; at + length <= digits.length; at += 1) {
      if (!holds(sums, begin + at, begin + at + length)) continue;
      const brand = brandOf(digits.slice(at, at + length));
      if (!brand) continue;
      const explain = () => ["luhn", `brand ${brand}`, "inside a longer run", "card words"];
      return { kind: "card", start, end, rule: `card:${brand}`, explain, keepsLastFour: false };
    }
  }
  return null;
}

/** @param {Chain} chain @param {number} first @param {number} last */
function isLaidOut({ groups, gaps }, first, last) {
  if (first === last) return true;
  const count = last - first + 1;
  const size = groups[first].digits.length;
  if (size <= 2 && count < groups.length) return false;
  const sizes = groups.slice(first, last + 1).map((group) => group.digits.length);
  if (count > LAYOUT_GROUPS || !LAYOUTS.has(sizes.join("-"))) {
    const tail = sizes[count - 1];
    if (tail > size || (count === 2 && size !== tail)) return false;
    if (sizes.slice(0, -1).some((other) => other !== size)) return false;
  }
  return !gaps.slice(first, last).some((gap) => gap.includes(",") && gap.length > 1);
}

/** @param {string} digits @param {number} start @param {number} end @param {Surroundings} around */
function isSomethingElse(digits, start, end, around) {
  return (
    around.before(start) === "+" ||
    around.isFraction(start) ||
    around.isInHash(start, end) ||
    (digits.length === 13 && end - start === 13 && isEan(digits))
  );
}

/** @param {Chain} chain @param {number} first */
function standsAlone(chain, first) {
  const gap = chain.gaps[first];
  if (gap !== chain.gaps[first + 1] || gap.length > 3) return false;
  return gap !== chain.gaps[first - 1] && gap !== chain.gaps[first + 2];
}

/** @param {number} start @param {number} end @param {string[]} reasons @returns {Candidate} */
function ssn(start, end, reasons) {
  return { kind: "ssn", start, end, rule: "ssn", explain: () => reasons, keepsLastFour: false };
}

/** @param {string} digits */
function isSsn(digits) {
  const [area, group, serial] = [digits.slice(0, 3), digits.slice(3, 5), digits.slice(5)];
  return area !== "000" && area !== "666" && area[0] !== "9" && group !== "00" && serial !== "0000";
}

/**
 * Prefix sums with every second digit doubled: the even places, and the odd ones.
 * @param {string} digits
 */
function luhnSums(digits) {
  const sums = [[0], [0]];
  for (let i = 0; i < digits.length; i += 1) {
    const value = Number(digits[i]);
    const doubled = value > 4 ? 2 * value - 9 : 2 * value;
    sums[i % 2].push(sums[i % 2][i] + doubled);
    sums[1 - (i % 2)].push(sums[1 - (i % 2)][i] + value);
  }
  return sums;
}

/**
 * Whether a window satisfies Luhn: its last digit is not doubled, so what is doubled has the parity of `end`.
 * @param {number[][]} sums @param {number} begin @param {number} end
 */
function holds(sums, begin, end) {
  const chosen = sums[end % 2];
  return (chosen[end] - chosen[begin]) % 10 === 0;
}

/** @param {string} digits */
function isEan(digits) {
  return [...digits].reduce((sum, digit, i) => sum + Number(digit) * (i % 2 ? 3 : 1), 0) % 10 === 0;
}

/** @type {Map<string, number[]>} at most one entry for each four digits */
const LENGTHS = new Map();

/**
 * The lengths, longest first, that a number which begins here can have by its first four digits.
 * @param {string} digits @param {number} begin
 */
function lengthsOf(digits, begin) {
  const prefix = digits.slice(begin, begin + PREFIX);
  let lengths = LENGTHS.get(prefix);
  if (!lengths) {
    const reaches = (/** @type {string[]} */ [low, high]) =>
      low.slice(0, PREFIX) <= prefix.slice(0, low.length) && prefix.slice(0, low.length) <= high.slice(0, PREFIX);
    const brands = tables.brands.filter((brand) => brand.prefixes.some(reaches));
    lengths = [...new Set(brands.flatMap((brand) => brand.lengths))].sort((a, b) => b - a);
    LENGTHS.set(prefix, lengths);
  }
  return lengths;
}

/** @param {string} digits */
function brandOf(digits) {
  const issues = (/** @type {string[]} */ [low, high]) => {
    const lead = digits.slice(0, low.length);
    return low <= lead && lead <= high;
  };
  return tables.brands.find((brand) => brand.lengths.includes(digits.length) && brand.prefixes.some(issues))?.name;
}
