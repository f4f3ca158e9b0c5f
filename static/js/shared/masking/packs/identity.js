// @ts-check
/** Numbers by which states know people: the browser's copy of security/masking/packs/identity.py. */
import { found, says, spansOf } from "./kinds.js";

/** @typedef {import("./kinds.js").Candidate} Candidate */
/** @typedef {import("./kinds.js").Surroundings} Surroundings */
/** @typedef {import("./kinds.js").View} View */
/** @typedef {{name: string, shape: RegExp, words: RegExp, holds: (digits: string) => boolean, laidOut: RegExp, hint: RegExp}} Kind */

const OTHERWISE = ["hard", "soft", "phone"];
const NINO = /(?<![a-z0-9])(?!bg|gb|kn|nk|nt|tn|zz)[a-ceghj-prstw-z][a-ceghj-npr-tw-z][ -]?(?:[0-9]{2}[ -]?){3}([a-d])?(?![a-z0-9])/g;
/** The dihedral group of order ten: Verhoeff's own permutation, applied place by place. */
const TURNED = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

/** @param {string[]} words */
const speaking = (...words) => new RegExp(`(?<![a-z])(?:${words.join("|")})(?![a-z])`);

/** @param {number[]} sizes @param {string} gap */
const written = (sizes, gap) => sizes.map((size) => `[0-9]{${size}}`).join(gap);

/** @param {number[]} sizes @param {string} [gap] */
const shape = (sizes, gap = "[ .-]?") =>
  new RegExp(`(?<![0-9a-z+$])(?<![0-9][.,\\-])${written(sizes, gap)}(?![0-9]|[.,\\-][0-9])`, "g");

/** @param {number[]} sizes @param {string} gap */
const layout = (sizes, gap) => new RegExp(`^${written(sizes, gap)}$`);

/** 900–999, and a group that the IRS gives to ITINs (IRS Pub. 1915): 50–65, 70–88, 90–92, 94–99. @param {string} digits */
function isItin(digits) {
  const group = Number(digits.slice(3, 5));
  return digits[0] === "9" && group >= 50 && group !== 89 && group !== 93 && (group <= 65 || group >= 70);
}

/** Digits by weights that fall to 2. @param {string} digits @param {number} first */
function weighed(digits, first) {
  let sum = 0;
  for (let weight = first; weight > 1; weight -= 1) sum += Number(digits[first - weight]) * weight;
  return sum;
}

/** Modulus 11 with weights 10 to 2 (NHS Data Dictionary); a check of 10 is not issued. @param {string} digits */
function isNhs(digits) {
  const check = (11 - (weighed(digits, 10) % 11)) % 11;
  return check !== 10 && check === Number(digits[9]);
}

/** Luhn (Service Canada). Numbers that begin with 0 are not issued, but examples do: they count. @param {string} digits */
function isSin(digits) {
  const values = [...digits].map((digit, place) => (place % 2 ? 2 : 1) * Number(digit));
  return values.reduce((sum, value) => sum + (value > 9 ? value - 9 : value), 0) % 10 === 0;
}

/** Two check digits by modulus 11 (Receita Federal); eleven times the same digit is none. @param {string} digits */
function isCpf(digits) {
  for (const length of [9, 10]) {
    const rest = weighed(digits, length + 1) % 11;
    if (Number(digits[length]) !== (rest < 2 ? 0 : 11 - rest)) return false;
  }
  return new Set(digits).size > 1;
}

/** Verhoeff's check digit; the first digit is none of 0 and 1 (UIDAI). @param {string} digits */
function isAadhaar(digits) {
  let total = 0;
  for (const [place, digit] of [...digits].reverse().entries()) {
    let value = Number(digit);
    for (let turn = 0; turn < place % 8; turn += 1) value = TURNED[value];
    total = composed(total, value);
  }
  return total === 0 && digits[0] > "1";
}

/** @param {number} one @param {number} other */
function composed(one, other) {
  if (one < 5) return other < 5 ? (one + other) % 5 : ((one + other - 5) % 5) + 5;
  return other < 5 ? ((one - other) % 5) + 5 : (one - other + 5) % 5;
}

/** Numbers of this shape that hold, where words speak of them, or where they are laid out and nothing else is said. @param {Kind} kind */
function finder({ name, shape: expression, words, holds, laidOut }) {
  /** @param {View} view @param {Surroundings} around @returns {Generator<Candidate>} */
  return function* find(view, around) {
    for (const [match, start, end] of spansOf(expression, view)) {
      if (!holds(match[0].replace(/[^0-9]/g, ""))) continue;
      if (says(words, view, start, end)) yield found(name, view, start, end, "check digits", `${name} words`);
      else if (laidOut.test(match[0]) && !OTHERWISE.some((kind) => around.said(start, end, start).labels.has(kind))) {
        yield found(name, view, start, end, "check digits", "layout");
      }
    }
  };
}

/** Two letters that HMRC uses, six digits, and A to D (HMRC manual NIM39110); without the last letter, by its words. @param {View} view @returns {Generator<Candidate>} */
function* ninosIn(view) {
  for (const [match, start, end] of spansOf(NINO, view)) {
    if (match[1] || says(NINO_WORDS, view, start, end)) yield found("nino", view, start, end, "prefix and suffix");
  }
}

const NINO_WORDS = speaking("nino", "ni", "national insurance", "insurance number");
/** @type {Kind[]} */
const KINDS = [
  {
    name: "itin", shape: shape([3, 2, 4]), words: speaking("itin", "tin", "taxpayer", "tax", "ssn"), holds: isItin,
    laidOut: layout([3, 2, 4], "[ -]"), hint: /9\p{N}{2}[ .-]?\p{N}{2}[ .-]?\p{N}{4}/u,
  },
  {
    name: "nhs", shape: shape([3, 3, 4]), words: speaking("nhs"), holds: isNhs,
    laidOut: layout([3, 3, 4], " "), hint: /\p{N}{3}[ .-]?\p{N}{3}[ .-]?\p{N}{4}/u,
  },
  {
    name: "sin", shape: shape([3, 3, 3]), words: speaking("sin", "social insurance", "nas", "assurance sociale"), holds: isSin,
    laidOut: layout([3, 3, 3], "[ -]"), hint: /\p{N}{3}[ .-]?\p{N}{3}[ .-]?\p{N}{3}/u,
  },
  {
    name: "cpf", shape: shape([3, 3, 3, 2], "[ ./-]?"), words: speaking("cpf", "cadastro"), holds: isCpf,
    laidOut: /^[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}$/, hint: /\p{N}{3}[ ./-]?\p{N}{3}[ ./-]?\p{N}{3}/u,
  },
  {
    name: "aadhaar", shape: shape([4, 4, 4]), words: speaking("aadhaar", "aadhar", "adhar", "uid", "uidai"), holds: isAadhaar,
    laidOut: layout([4, 4, 4], "[ -]"), hint: /\p{N}{4}[ .-]?\p{N}{4}[ .-]?\p{N}{4}/u,
  },
];

/** @type {import("./kinds.js").Pack[]} */
export const PACKS = [
  ...KINDS.map((kind) => ({ name: kind.name, hint: kind.hint, find: finder(kind) })),
  { name: "nino", hint: /[a-z]{2}[ -]?\p{N}{2}/iu, find: ninosIn },
];
