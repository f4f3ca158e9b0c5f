// @ts-check
/** Bank accounts: the browser's copy of security/masking/packs/banking.py. */
import { found, says, spansOf } from "./kinds.js";

/** @typedef {import("./kinds.js").Candidate} Candidate */
/** @typedef {import("./kinds.js").View} View */

/** The lengths of the IBAN registry (ISO 13616, kept by SWIFT). @type {Map<string, number>} */
const LENGTHS = new Map(Object.entries({
  15: "no", 16: "be", 18: "dk fi fo gl nl fk sd", 19: "mk si", 20: "at ba ee kz lt lu xk mn", 21: "hr lv li ch",
  22: "bg bh cr de ge gb ie me rs va", 23: "ae gi il iq tl om so", 24: "ad cz md pk ro sa sk es se tn vg", 25: "ly pt st",
  26: "is tr", 27: "bi dj fr gr it mc mr sm", 28: "al az by cy do gt hu lb ni pl sv", 29: "br eg ps qa ua", 30: "jo kw mu ye",
  31: "mt sc", 32: "lc", 33: "ru",
}).flatMap(([length, countries]) => countries.split(" ").map((country) => [country, Number(length)])));
const IBAN = /(?<![a-z0-9])(?=[a-z]{2}[ \-.]?[0-9]{2})[a-z0-9](?:[ \-.]?[a-z0-9]){14,36}/g;
const ABA = /(?<![0-9])[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9](?![0-9])/g;
const ROUTING = /(?<![a-z])(?:routing|aba|rtn|ach|wire|transit)(?![a-z])/;
const WEIGHTS = [3, 7, 1];

/** Whether it has its country's length and its remainder by 97 is 1 (ISO 7064 mod 97-10). @param {string} text */
function isIban(text) {
  if (text.length !== (LENGTHS.get(text.slice(0, 2)) ?? 0) || !/^[0-9]{2}$/.test(text.slice(2, 4))) return false;
  let rest = 0;
  for (const char of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** Whether the weights 3-7-1 give a multiple of ten and the first two digits name a district (ABA routing policy). @param {string} digits */
function isAba(digits) {
  const total = [...digits].reduce((sum, digit, place) => sum + Number(digit) * WEIGHTS[place % 3], 0);
  const area = Number(digits.slice(0, 2));
  const isKnown = (area >= 1 && area <= 12) || (area >= 21 && area <= 32) || (area >= 61 && area <= 72) || area === 80;
  return total % 10 === 0 && isKnown;
}

/** @param {View} view @returns {Generator<Candidate>} */
function* ibansIn(view) {
  for (const [match, start, end] of spansOf(IBAN, view)) {
    const wanted = LENGTHS.get(match[0].slice(0, 2)) ?? 0;
    let seen = 0;
    for (let place = start; place < end; place += 1) {
      seen += Number(!" -.".includes(view.text[place]));
      if (seen !== wanted) continue;
      const text = view.text.slice(start, place + 1).replace(/[ \-.]/g, "");
      if (isIban(text)) yield found("iban", view, start, place + 1, "mod 97", `country ${text.slice(0, 2).toUpperCase()}`);
      break;
    }
  }
}

/** @param {View} view @returns {Generator<Candidate>} */
function* routingNumbersIn(view) {
  for (const [match, start, end] of spansOf(ABA, view)) {
    if (isAba(match[0].replace(/[ -]/g, "")) && says(ROUTING, view, start, end)) {
      yield found("aba", view, start, end, "weights 3-7-1", "routing words");
    }
  }
}

/** @type {import("./kinds.js").Pack[]} */
export const PACKS = [
  { name: "iban", hint: /[a-z]{2}[ \-.]?\p{N}{2}/iu, find: ibansIn },
  { name: "aba", hint: /\p{N}{4}[ -]?\p{N}{4}[ -]?\p{N}/u, find: routingNumbersIn },
];
