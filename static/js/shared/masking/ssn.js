// @ts-check
/** US social security numbers: the browser's copy of security/masking/finding/ssn.py. */
import { GROUP, WORDS_READ } from "./effort.js";
import { NO_SPACES, WORDS as WORD_LETTERS, isDigit, isLetter } from "./folding.js";
import { SIGNS, USUAL, WORDS, candidate, matchesWithin } from "./scan.js";

/** @typedef {import("./scan.js").Row} Row */
/** @typedef {import("./scan.js").Candidate} Candidate */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */
/** @typedef {import("./surroundings.js").Said} Said */
/** @typedef {import("./views.js").View} View */

const LENGTH = 9;
const MAX_GAP = 3;
const GROUPS = 3;
const MOST_WEIGHED = 100;
/** @type {Said} */
const ALL = { near: new Set(["ssn"]), labels: new Set(["ssn"]) };
const APART = `[^${WORD_LETTERS}]+`;
const NAMED = `(?:ssns?|ss\\s?(?:#|no|num|number)|socials?(?:${APART}sec(?:urity)?)?(?:${APART}(?:number|no|num))?|seguro${APART}social)`;
const LAST = `(?:last|final|ultimos|letzten|derniers)${APART}(?:four|4|cuatro|vier|quatre)`;
const LAST_FOUR = new RegExp(
  `(?<![a-z])${NAMED}(?![a-z])(?:[^0-9\\u2022.!?\\n]|\\.(?! )){0,24}` +
    `(?:(?:${LAST}|ends?|ending|endet|termina|x{2,5}${APART.slice(0, -1)}?x{2,3}|\\*{2,5}${APART.slice(0, -1)}?\\*{2,3}|#{3}${APART.slice(0, -1)}?##)[^0-9\\u2022!?\\n]{0,24})` +
    "(?<![0-9])(?<after>[0-9]{4})(?![0-9])" +
    `|${LAST}[^0-9\\u2022!?\\n]{0,24}(?<![a-z])${NAMED}(?![a-z])[^0-9\\u2022!?\\n]{0,16}(?<before>[0-9]{4})(?![0-9])` +
    `|(?<![0-9])(?<said>[0-9]{4})[^0-9\\u2022.!?\\n]{1,16}${LAST}[^0-9\\u2022.!?\\n]{1,24}(?<![a-z])${NAMED}(?![a-z])`,
  "gd",
);

/** Finds them in the rows of one view. */
export class Finder {
  #weighed = 0;

  /** @param {Surroundings} around @param {import("./effort.js").Effort} effort */
  constructor(around, effort) {
    this.around = around;
    this.effort = effort;
  }

  /** Every social security number of a row, in order. @param {Row} row @returns {Generator<Candidate>} */
  *find(row) {
    const { sizes } = row;
    let isParted = false;
    for (const [first, size] of sizes.entries()) {
      if (size !== 3 || sizes[first + 1] !== 2 || sizes[first + 2] !== 4) continue;
      const found = this.#parted(row, first);
      if (!found) continue;
      isParted = true;
      yield found;
    }
    if (isParted || !this.around.anywhere("ssn")) return;
    this.effort.spend(GROUP * sizes.length);
    for (const [first, size] of sizes.entries()) {
      const last = size <= LENGTH ? nine(row, first) : null;
      const found = last === null ? null : this.#spoken(row, first, last);
      if (found) yield found;
    }
  }

  /** @param {Row} row @param {number} first */
  #parted(row, first) {
    const last = first + GROUPS - 1;
    if (!isValid(digitsOf(row, first))) return null;
    const said = this.#said(row.starts[first], row.ends[last], row.starts[0]);
    const isSpoken = said.near.has("ssn") || this.around.conversation.speaksOf("ssn");
    if (!isSpoken && (!standsAlone(row, first) || this.#isSomethingElse(row, first, said))) return null;
    const reasons = ["valid area, group and serial", "layout 3-2-4", ...(isSpoken ? ["ssn words"] : [])];
    return candidate(row, first, last, "ssn", "ssn", () => reasons, 0);
  }

  /** Nine digits in other groups: only where words speak of them, and nothing of their kind stands beside them. @param {Row} row @param {number} first @param {number} last */
  #spoken(row, first, last) {
    if (!isValid(digitsOf(row, first))) return null;
    const start = row.starts[first];
    const said = this.#said(start, row.ends[last], first === 0 || last > first ? start : null);
    const isSomethingElse = saysAny(said.labels, ["hard", "phone", "soft"]) || ["+", "$"].includes(this.around.before(start));
    const speaks = this.around.conversation.speaksOf("ssn") || (row.sizes.length === 1 && row.sizes[0] === LENGTH && said.near.has("ssn"));
    if (!said.labels.has("ssn") && (!speaks || isSomethingElse)) return null;
    const layout = last > first ? `layout ${row.sizes.slice(first, last + 1).join("-")}` : "nine digits";
    return candidate(row, first, last, "ssn", "ssn", () => [layout, "ssn words"], 0);
  }

  /** @param {number} start @param {number} end @param {number | null} labelled */
  #said(start, end, labelled) {
    this.#weighed += 1;
    this.effort.spend(WORDS_READ);
    return this.#weighed <= MOST_WEIGHED ? this.around.said(start, end, labelled) : ALL;
  }

  /** @param {Row} row @param {number} first @param {Said} said */
  #isSomethingElse(row, first, said) {
    const start = row.starts[first];
    const before = this.around.before(start);
    if (["+", "$"].includes(before) || (isLetter(before) && before < NO_SPACES) || saysAny(said.labels, ["hard", "soft", "phone"])) return true;
    const further = this.around.before(start - 1);
    return ["-", ".", "/", "_"].includes(before) && (isLetter(further) || isDigit(further));
  }
}

/** The last four digits where they are said to be of a social security number. @param {View} view @returns {Generator<Candidate>} */
export function* lastFourIn(view) {
  for (const match of matchesWithin(LAST_FOUR, view.text, 0, view.text.length)) {
    const groups = /** @type {Record<string, string | undefined>} */ (match.groups);
    const name = ["after", "before", "said"].find((known) => groups[known] !== undefined) ?? "after";
    const [from, to] = /** @type {any} */ (match).indices.groups[name];
    const digits = view.isLiteral ? "" : groups[name] ?? "";
    const explain = () => ["last four of a number", "ssn words"];
    yield { kind: "ssn", start: view.starts[from], end: view.ends[to - 1], rule: "ssn:last4", explain, kept: 0, digits, places: [] };
  }
}

/** Whether nine digits could have been assigned. @param {string} digits */
export function isValid(digits) {
  const [area, group, serial] = [digits.slice(0, 3), digits.slice(3, 5), digits.slice(5)];
  return area !== "000" && area !== "666" && area[0] !== "9" && group !== "00" && serial !== "0000";
}

/** The last of the groups from `first` on that make nine digits, if no more of their kind stand beside them. @param {Row} row @param {number} first */
function nine(row, first) {
  const wanted = row.begins[first] + LENGTH;
  let last = first;
  while (row.begins[last + 1] < wanted) last += 1;
  if (row.begins[last + 1] !== wanted) return null;
  const inner = row.gaps.slice(first, last);
  const isJoinedBefore = first > 0 && inner.includes(row.gaps[first - 1]);
  const isJoinedAfter = last + 1 < row.sizes.length && inner.includes(row.gaps[last]);
  return isJoinedBefore || isJoinedAfter ? null : last;
}

const digitsOf = (/** @type {Row} */ row, /** @type {number} */ first) => row.digits.slice(row.begins[first], row.begins[first] + LENGTH);
const saysAny = (/** @type {Set<string>} */ said, /** @type {string[]} */ kinds) => kinds.some((kind) => said.has(kind));

/** Whether the three groups share a separator, or one is a hyphen, and no fourth group is bound to them. @param {Row} row @param {number} first */
function standsAlone(row, first) {
  const [one, two] = [row.gaps[first], row.gaps[first + 1]];
  const kinds = row.kinds.slice(first, first + 2);
  if (kinds.includes(WORDS) || one.length > MAX_GAP || two.length > MAX_GAP || one.trim() === "," || two.trim() === ",") return false;
  if (one !== two && (kinds.includes(SIGNS) || !kinds.includes(USUAL) || !(one + two).includes("-"))) return false;
  const around = [row.gaps[first - 1], row.gaps[first + GROUPS - 1]];
  return !around.some((gap) => gap !== undefined && (gap === one || gap === two));
}
