// @ts-check
/** Whether a window of digits that could be a card is one: the browser's copy of security/masking/finding/judging.py. */
import { tables } from "../mask-tables.js";
import { WINDOW, WORDS_READ } from "./effort.js";
import { NO_SPACES, isDigit, isLetter } from "./folding.js";
import { SIGNS, WORDS, even, isListed } from "./scan.js";
import { LAYOUTS, strengthOf } from "./tables.js";

/** @typedef {import("./scan.js").Row} Row */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */
/** @typedef {import("./surroundings.js").Said} Said */
/** @typedef {{row: Row, first: number, last: number, brand: string, length: number, followsCard: boolean, precedesCard: boolean}} Window */

const MOST_WEIGHED = 100;
const MOST_JUDGED = 200;
const LONGEST_PHONE = 15;
const EAN_LENGTH = 13;
const MOST_GROUPS = 6;
const DISGUISES = new Set(":;=#@&!<>^");
/** @type {Said} */
const ALL = { near: new Set(["card"]), labels: new Set() };
/** @type {Record<string, number>} */
const weights = tables.weights;

/** A sum that remembers what it is made of. */
class Points {
  /** @type {string[]} */
  #reasons = [];

  /** @param {number} total */
  constructor(total) {
    this.total = total;
  }

  /** Count the weight of a reason. @param {string} reason */
  add(reason) {
    this.total += weights[reason];
    this.#reasons.push(reason);
  }

  explained() {
    return this.#reasons.map((reason) => `${reason} ${weights[reason] < 0 ? "" : "+"}${weights[reason]}`);
  }
}

/** Weighs the windows of one view of a text. */
export class Judge {
  #weighed = 0;
  #judged = 0;

  /** @param {Surroundings} around @param {import("./effort.js").Effort} effort */
  constructor(around, effort) {
    this.around = around;
    this.effort = effort;
  }

  /** The reasons for taking it as a card, to be asked for; null where it is none. @param {Window} window @returns {(() => string[]) | null} */
  accepts(window) {
    const { row, first, last, brand, length } = window;
    this.#judged += 1;
    this.effort.spend(WINDOW);
    const points = new Points(strengthOf(brand, length));
    if (first !== last) weighLayout(window, points);
    const most = weights["expiry beside"] + weights["card words"] * Number(this.around.anywhere("card"));
    if (points.total + most < weights.needed) return null;
    this.#weighGlue(window, points);
    this.#weighWords(window, points);
    if (points.total < weights.needed) return null;
    return () => ["luhn", `brand ${brand}`, `layout ${row.sizes.slice(first, last + 1).join("-")}`, ...points.explained()];
  }

  /** The same for a card that has its CVV or expiry in the same group. @param {Row} row @param {number} first @param {number} last @param {string} brand @param {number} length @returns {(() => string[]) | null} */
  acceptsMore(row, first, last, brand, length) {
    const window = { row, first, last, brand, length: 0, followsCard: false, precedesCard: false };
    const points = new Points(strengthOf(brand, length));
    points.add("odd layout");
    this.#weighGlue(window, points);
    this.#weighWords(window, points);
    return points.total < weights.needed ? null : () => ["luhn", `brand ${brand}`, "with more behind it", ...points.explained()];
  }

  /** Whether it weighed as many windows as it will. */
  get isTired() {
    return this.#judged >= MOST_JUDGED;
  }

  /** Whether card words are near, and nothing says that it is something else. @param {Row} row @param {number} first @param {number} last */
  speaksOfCards(row, first, last) {
    if (!this.around.anywhere("card")) return false;
    const said = this.#said(row.starts[first], row.ends[last], row.starts[first]);
    return (said.near.has("card") || this.around.conversation.speaksOf("card")) && !said.labels.has("hard");
  }

  /** @param {number} start @param {number} end @param {number | null} labelled */
  #said(start, end, labelled) {
    this.#weighed += 1;
    this.effort.spend(WORDS_READ);
    return this.#weighed <= MOST_WEIGHED ? this.around.said(start, end, labelled) : ALL;
  }

  /** @param {Window} window @param {Points} points */
  #weighWords(window, points) {
    const { near, labels } = this.#said(startOf(window), endOf(window), labelledAt(window));
    if (near.has("card")) points.add("card words");
    else if (this.around.conversation.speaksOf("card")) points.add("card words earlier");
    else if (near.has("paid")) points.add("payment words");
    if (labels.has("hard")) points.add("hard label");
    else if (isNamed(window) && (labels.has("soft") || labels.has("phone"))) points.add("soft label");
    if (hasExpiryBeside(window)) points.add("expiry beside");
  }

  /** @param {Window} window @param {Points} points */
  #weighGlue(window, points) {
    const { around } = this;
    const [start, end] = [startOf(window), endOf(window)];
    const before = around.before(start);
    const isContiguous = window.first === window.last;
    if (before === "+" && window.length <= LONGEST_PHONE) points.add("phone");
    if (!isContiguous && (before === "$" || (before === " " && around.before(start - 1) === "$"))) points.add("money");
    if (isContiguous && around.isFraction(start) && isAfterPoint(start, around)) points.add("fraction");
    this.#weighLetters(points, start, end);
    if (isContiguous && window.length === EAN_LENGTH && isEan(digitsOf(window))) points.add("ean");
    if (around.isInIban(start, end)) points.add("iban");
  }

  /** @param {Points} points @param {number} start @param {number} end */
  #weighLetters(points, start, end) {
    const { around } = this;
    const [before, after] = [around.before(start), around.after(end)];
    const [isBefore, isAfter] = [binds(before), binds(after)];
    if (isBefore) points.add("letters before");
    if (isAfter) points.add("letters after");
    const mayBeHash = isBefore || isAfter || before === "-" || after === "-";
    if (mayBeHash && around.isInHash(start, end)) points.add("hexadecimal");
    if (around.text.slice(Math.max(0, start - 1), end + 1).includes("-") && around.isInUuid(start, end)) points.add("uuid");
  }
}

/** Whether a letter binds a number to a word: scripts without spaces between words do not. @param {string} char */
const binds = (char) => isLetter(char) && char < NO_SPACES;

const startOf = (/** @type {Window} */ { row, first }) => row.starts[first];
const endOf = (/** @type {Window} */ { row, last }) => row.ends[last];
const digitsOf = (/** @type {Window} */ { row, first, last }) => row.digits.slice(row.begins[first], row.begins[last + 1]);

/** Whether a label before its row can mean this very number, and not the one that the row begins with. @param {Window} window */
function isNamed({ row, first, last }) {
  return first === 0 || (first === last && row.sizes[first - 1] === row.sizes[first]) || row.kinds[first - 1] === WORDS;
}

/** Where a label that speaks of it ends: before it, or before the list that it stands in. @param {Window} window */
function labelledAt({ row, first, last }) {
  if (first === 0) return row.starts[0];
  if (row.kinds[first - 1] === WORDS) return row.starts[first];
  const isAlike = first === last && row.sizes[first - 1] === row.sizes[first];
  return isAlike || row.gaps.slice(first, last).includes(row.gaps[first - 1]) ? row.starts[0] : null;
}

/** @param {Window} window @param {Points} points */
function weighLayout(window, points) {
  const { row, first, last } = window;
  const sizes = row.sizes.slice(first, last + 1);
  const gaps = row.gaps.slice(first, last);
  const isOneGap = gaps.every((gap) => gap === gaps[0]);
  const beside = groupsBeside(window, sizes, gaps);
  if (isRegular(sizes) || (row.view.name === "words" && saidTogether(window).some(isRegular))) points.add("laid out");
  else if (!beside.some(Boolean) && isOneGap && sizes.length <= MOST_GROUPS) points.add("odd layout");
  else points.add("odd layout among others");
  weighGaps(window, points, sizes, gaps, isOneGap);
  const isList = gaps.some((gap) => /[,;\n|]/.test(gap));
  for (const groups of beside) {
    if (groups) points.add("beside more of its kind");
    if (groups && groups !== 4 && (isList || groups >= 3)) points.add("in a list");
  }
  if (beside.every(Boolean)) points.add("in a list");
}

const isRegular = (/** @type {number[]} */ sizes) => LAYOUTS.has(sizes.join("-")) || even(sizes);

/** Its sizes as somebody means them who says a part in words and writes the rest. @param {Window} window @returns {number[][]} */
function saidTogether({ row, first, last }) {
  const { view } = row;
  const isSaid = (/** @type {number} */ place) => view.ends[place] - view.starts[place] > 1;
  if (!row.starts.slice(first, last + 1).some(isSaid)) return [];
  /** @type {number[]} */
  const together = [];
  /** @type {number[]} */
  const fours = [];
  let wasSpoken = false;
  for (let group = first; group <= last; group += 1) {
    const size = row.sizes[group];
    const isSpoken = size === 1 || isSaid(row.starts[group]); // a figure alone stands for a word
    if (isSpoken && wasSpoken) {
      together[together.length - 1] += size;
      if (fours[fours.length - 1] >= 4) fours.push(0);
      fours[fours.length - 1] += size;
    } else {
      together.push(size);
      fours.push(size);
    }
    wasSpoken = isSpoken;
  }
  return [together, fours];
}

/** @param {Window} window @param {Points} points @param {number[]} sizes @param {string[]} gaps @param {boolean} isOneGap */
function weighGaps({ row, first, last }, points, sizes, gaps, isOneGap) {
  const kinds = row.kinds.slice(first, last);
  const isSaid = !(isOneGap && isDisguise(gaps));
  if (isSaid && kinds.includes(WORDS)) points.add("words between");
  else if (kinds.includes(SIGNS) && !isOneGap) points.add("mixed signs");
  else if (isSaid && (kinds.includes(SIGNS) || !isOneGap)) points.add("signs between");
  if (isListed(row, first, last)) points.add("listed");
  const isInThrees = sizes[0] <= 3 && sizes.slice(1).every((size) => size === 3);
  if (isInThrees && isOneGap && [",", ".", "'"].includes(gaps[0])) points.add("thousands");
}

/** Whether the one mark between all groups says nothing else; a letter between two groups alone is a part number's. @param {string[]} gaps */
function isDisguise(gaps) {
  const [gap] = gaps;
  return DISGUISES.has(gap) || (/^[a-z]$/.test(gap) && gaps.length > 1);
}

/** How many groups of the same size and behind the same separator stand before it, and after it. @param {Window} window @param {number[]} sizes @param {string[]} gaps */
function groupsBeside({ row, first, last, followsCard, precedesCard }, sizes, gaps) {
  let [before, after] = [0, 0];
  const isAlike = (/** @type {number} */ gap, /** @type {number} */ place, /** @type {number} */ size) =>
    gaps.includes(row.gaps[gap]) && row.sizes[place] === size;
  if (!followsCard) {
    for (let place = first - 1; place >= 0 && isAlike(place, place, sizes[0]) && before < MOST_GROUPS * 2; place -= 1) before += 1;
  }
  if (!precedesCard) {
    const size = sizes[sizes.length - 2];
    for (let place = last + 1; place < row.sizes.length && isAlike(place - 1, place, size) && after < MOST_GROUPS * 2; place += 1) after += 1;
  }
  return [before, after];
}

/** Whether the next group, or the next two, read as month and year to come. @param {Window} window */
function hasExpiryBeside({ row, last }) {
  const after = last + 1;
  const [one, two] = [row.sizes[after], row.sizes[after + 1]];
  const isPair = one === 2 && two === 2 && ["/", "-", " / "].includes(row.gaps[after]);
  if (one !== 4 && !isPair) return false;
  const text = row.digits.slice(row.begins[after], row.begins[after + (one === 4 ? 1 : 2)]);
  const [month, year] = [text.slice(0, 2), text.slice(2)];
  return month >= "01" && month <= "12" && year >= "24" && year <= "45";
}

/** Whether the figures before it are the whole part of a fraction; after a comma only a nought is. @param {number} start @param {Surroundings} around */
function isAfterPoint(start, around) {
  return around.before(start) === "." || (around.before(start - 1) === "0" && !isDigit(around.before(start - 2)));
}

/** @param {string} digits */
function isEan(digits) {
  return [...digits].reduce((sum, digit, place) => sum + Number(digit) * (place % 2 ? 3 : 1), 0) % 10 === 0;
}
