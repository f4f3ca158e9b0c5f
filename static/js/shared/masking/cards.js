// @ts-check
/** Card numbers (ISO/IEC 7812-1): the browser's copy of security/masking/finding/cards.py. */
import { candidate } from "./scan.js";
import { issuersOf } from "./tables.js";

/** @typedef {import("./scan.js").Row} Row */
/** @typedef {import("./scan.js").Candidate} Candidate */
/** @typedef {import("./judging.js").Judge} Judge */
/** @typedef {[Int32Array, Int32Array]} Sums */

const SHORTEST = 13;
const KEPT = 4;
const LONGEST_RUN = 40;
const INNER_LENGTHS = [16, 15];
const TAILS = [3, 4, 6, 7, 8, 9, 10];
const DOUBLED = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];

/**
 * The cards of a row in order; they may overlap, but none lies inside one before it.
 * @param {Row} row
 * @param {Judge} judge
 * @returns {Generator<Candidate>}
 */
export function* cardsIn(row, judge) {
  const { digits, begins, sizes } = row;
  if (digits.length < SHORTEST) return;
  const sums = luhnSums(digits);
  const groupEndingAt = new Map(begins.slice(1).map((end, index) => [end, index]));
  let reached = 0;
  for (const [first, begin] of begins.entries()) {
    if (digits.length - begin < SHORTEST || digits.length === reached) return;
    for (const [length, brand] of issuersOf(digits, begin)) {
      const end = begin + length;
      if (end <= reached) break;
      const last = groupEndingAt.get(end);
      if (last === undefined || !holds(sums, begin, end)) continue;
      if (judge.isTired) {
        const tired = () => ["luhn", `brand ${brand}`, "too many to be weighed"];
        yield candidate(row, first, sizes.length - 1, "card", `card:${brand}`, tired, 0);
        return;
      }
      const explain = judge.accepts({
        row, first, last, brand, length, followsCard: begin === reached, precedesCard: beginsCard(digits, end, sums),
      });
      if (!explain) continue;
      yield candidate(row, first, last, "card", `card:${brand}`, explain, KEPT);
      reached = end;
      break;
    }
    const found = reached < begins[first + 1] ? withMore(row, first, sums, judge) : null;
    if (found) {
      yield found.card;
      reached = found.end;
    }
  }
}

/** A card whose last group, or whose only one, holds more than its digits: nothing of the group is kept. @param {Row} row @param {number} first @param {Sums} sums @param {Judge} judge */
function withMore(row, first, sums, judge) {
  const { sizes } = row;
  const isInFours = sizes[first] === 4 && sizes[first + 1] === 4 && sizes[first + 2] === 4 && sizes[first + 3] > KEPT;
  if (!isInFours && (sizes[first] <= SHORTEST || sizes[first] > LONGEST_RUN)) return null;
  const last = isInFours ? first + 3 : first;
  const [begin, end] = [row.begins[first], row.begins[last + 1]];
  const front = atTheFront(row.digits, begin, end, sums, last > first);
  const explain = front && judge.acceptsMore(row, first, last, front.brand, front.length);
  if (explain) {
    const further = lastOfNext(row, begin + front.length, last, sums);
    return { card: candidate(row, first, further, "card", `card:${front.brand}`, explain, 0), end: row.begins[further + 1] };
  }
  if (first === last && judge.speaksOfCards(row, first, last)) {
    const inner = inside(row.digits, begin, end, sums);
    const why = () => ["luhn", `brand ${inner}`, "inside a longer run", "card words"];
    if (inner) return { card: candidate(row, first, last, "card", `card:${inner}`, why, 0), end };
  }
  return null;
}

/** The brand of some card within `begin:end`. @param {string} digits @param {number} begin @param {number} end @param {Sums} sums */
function inside(digits, begin, end, sums) {
  for (const wanted of INNER_LENGTHS) {
    for (let place = begin; place <= end - wanted; place += 1) {
      const brand = brandOf(digits, place, wanted);
      if (brand && holds(sums, place, place + wanted)) return brand;
    }
  }
  return "";
}

/** Brand and length of a card at the front of `begin:end`, behind which a CVV, an expiry or another card stands; or anything, where groups lead to it. @param {string} digits @param {number} begin @param {number} end @param {Sums} sums @param {boolean} isGrouped */
function atTheFront(digits, begin, end, sums, isGrouped) {
  let front = begin;
  while (front < end && digits[front] === "0") front += 1;
  for (const length of INNER_LENGTHS) {
    const rest = end - front - length;
    const brand = brandOf(digits, front, length);
    if (rest < 0 || !brand || !holds(sums, front, front + length)) continue;
    const tail = digits.slice(front + length, end);
    if (tail && (isGrouped || isTail(tail))) return { brand, length };
    if (INNER_LENGTHS.includes(rest) && brandOf(digits, front + length, rest) && holds(sums, front + length, end)) return { brand, length };
  }
  return null;
}

/** The last group of a card that begins in the midst of group `last`; or `last`, if none does. @param {Row} row @param {number} begin @param {number} last @param {Sums} sums */
function lastOfNext(row, begin, last, sums) {
  for (const [length] of issuersOf(row.digits, begin)) {
    const end = begin + length;
    const group = end > row.begins[last + 1] ? row.begins.indexOf(end) : -1;
    if (group > 0 && holds(sums, begin, end)) return group - 1;
  }
  return last;
}

/** Whether it reads as CVV, or as an expiry and perhaps a CVV. @param {string} tail */
function isTail(tail) {
  if (tail.length === TAILS[0]) return true;
  const isLong = tail.slice(2, 4) === "20" && ![4, 7, 8].includes(tail.length);
  const year = isLong ? tail.slice(2, 6) : `20${tail.slice(2, 4)}`;
  const month = tail.slice(0, 2);
  return TAILS.includes(tail.length) && month >= "01" && month <= "12" && year >= "2024" && year <= "2049";
}

/** @param {string} digits @param {number} begin @param {number} length */
function brandOf(digits, begin, length) {
  return issuersOf(digits, begin).find(([known]) => known === length)?.[1] ?? "";
}

/** Whether another card stands right behind. @param {string} digits @param {number} begin @param {Sums} sums */
function beginsCard(digits, begin, sums) {
  const left = digits.length - begin;
  return left >= SHORTEST && issuersOf(digits, begin).some(([length]) => length <= left && holds(sums, begin, begin + length));
}

/** Prefix sums with every second digit doubled: the even places, and the odd ones. @param {string} digits @returns {Sums} */
function luhnSums(digits) {
  /** @type {Sums} */
  const sums = [new Int32Array(digits.length + 1), new Int32Array(digits.length + 1)];
  for (let i = 0; i < digits.length; i += 1) {
    const value = digits.charCodeAt(i) - 0x30;
    sums[i % 2][i + 1] = sums[i % 2][i] + DOUBLED[value];
    sums[1 - (i % 2)][i + 1] = sums[1 - (i % 2)][i] + value;
  }
  return sums;
}

/** Whether `begin:end` satisfies Luhn: its last digit is not doubled, so what is doubled has the parity of `end`. @param {Sums} sums @param {number} begin @param {number} end */
function holds(sums, begin, end) {
  const chosen = sums[end % 2];
  return (chosen[end] - chosen[begin]) % 10 === 0;
}
