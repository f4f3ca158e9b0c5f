// @ts-check
/** Cards and social security numbers: the browser's copy of security/masking/cards.py and ssn.py. */
import { tables } from "./mask-tables.js";

/** @typedef {import("./mask-scan.js").Chain} Chain */
/** @typedef {import("./mask-scan.js").Candidate} Candidate */
/** @typedef {import("./mask-scan.js").Surroundings} Surroundings */

const SHORTEST = 13;
const LONGEST = 19;
const LONGEST_RUN = 40;
const INNER_LENGTHS = [16, 15];
const LAYOUTS = new Set(tables.layouts.map((layout) => layout.join("-")));

/**
 * Every card of a chain; they may overlap.
 * @param {Chain} chain
 * @param {Surroundings} around
 * @returns {Generator<Candidate>}
 */
export function* cardsIn(chain, around) {
  const { groups } = chain;
  for (let first = 0; first < groups.length; first += 1) {
    let digits = "";
    for (let last = first; last < groups.length; last += 1) {
      digits += groups[last].digits;
      if (digits.length > LONGEST) break;
      if (digits.length >= SHORTEST && luhn(digits)) yield* judged(chain, first, last, digits, around);
    }
    const { length } = groups[first].digits;
    if (length > SHORTEST && length <= LONGEST_RUN) yield* inside(groups[first], around);
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
    const parts = groups.slice(first, first + 3);
    if (parts.map((part) => part.digits.length).join() !== "3,2,4") continue;
    if (!isSsn(parts.map((part) => part.digits).join(""))) continue;
    const [start, end] = [parts[0].start, parts[2].end];
    const reasons = ["valid area, group and serial", "layout 3-2-4"];
    if (around.speakOf("ssn", start, end)) reasons.push("ssn words");
    else if (!standsAlone(chain, first) || around.before(start) === "+") continue;
    yield ssn(start, end, reasons);
  }
}

/** @param {Chain} chain @param {number} first @param {number} last @param {string} digits @param {Surroundings} around */
function* judged(chain, first, last, digits, around) {
  const brand = brandOf(digits);
  if (!brand) return;
  const groups = chain.groups.slice(first, last + 1);
  const [start, end] = [groups[0].start, chain.groups[last].end];
  const sizes = groups.map((group) => group.digits.length);
  const reasons = ["luhn", `brand ${brand}`, `layout ${sizes.join("-")}`];
  if (around.speakOf("card", start, end)) reasons.push("card words");
  else if (!isLaidOut(chain, first, last, sizes) || isSomethingElse(digits, start, end, around)) return;
  yield { kind: "card", start, end, rule: `card:${brand}`, reasons, keepsLastFour: true };
}

/** @param {import("./mask-scan.js").Group} group @param {Surroundings} around */
function* inside(group, around) {
  const { start, end, digits } = group;
  if (!around.speakOf("card", start, end)) return;
  for (const length of INNER_LENGTHS) {
    for (let at = 0; at + length <= digits.length; at += 1) {
      const part = digits.slice(at, at + length);
      const brand = brandOf(part);
      if (!brand || !luhn(part)) continue;
      const reasons = ["luhn", `brand ${brand}`, "inside a longer run", "card words"];
      yield { kind: "card", start, end, rule: `card:${brand}`, reasons, keepsLastFour: false };
      return;
    }
  }
}

/** @param {Chain} chain @param {number} first @param {number} last @param {number[]} sizes */
function isLaidOut(chain, first, last, sizes) {
  if (sizes.length === 1) return true;
  if (chain.gaps.slice(first, last).some((gap) => gap.includes(",") && gap.length > 1)) return false;
  if (LAYOUTS.has(sizes.join("-"))) return true;
  const [size, tail] = [sizes[0], sizes[sizes.length - 1]];
  if (sizes.slice(0, -1).some((other) => other !== size) || tail > size) return false;
  if (sizes.length === 2 && size !== tail) return false;
  return size > 2 || sizes.length === chain.groups.length;
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
  return { kind: "ssn", start, end, rule: "ssn", reasons, keepsLastFour: false };
}

/** @param {string} digits */
function isSsn(digits) {
  const [area, group, serial] = [digits.slice(0, 3), digits.slice(3, 5), digits.slice(5)];
  return area !== "000" && area !== "666" && area[0] !== "9" && group !== "00" && serial !== "0000";
}

/** @param {string} digits */
function luhn(digits) {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const value = Number(digits[digits.length - 1 - i]) * (1 + (i % 2));
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

/** @param {string} digits */
function isEan(digits) {
  return [...digits].reduce((sum, digit, i) => sum + Number(digit) * (i % 2 ? 3 : 1), 0) % 10 === 0;
}

/** @param {string} digits */
function brandOf(digits) {
  const issues = (/** @type {string[]} */ [low, high]) => {
    const lead = digits.slice(0, low.length);
    return low <= lead && lead <= high;
  };
  return tables.brands.find((brand) => brand.lengths.includes(digits.length) && brand.prefixes.some(issues))?.name;
}
