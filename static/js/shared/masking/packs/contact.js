// @ts-check
/** How to reach somebody, and when he was born: the browser's copy of security/masking/packs/contact.py. */
import { LETTERS, WORDS } from "../folding.js";
import { found, spansOf, wordsBefore } from "./kinds.js";

/** @typedef {import("./kinds.js").Candidate} Candidate */
/** @typedef {import("./kinds.js").View} View */

const ALNUM = `0-9${LETTERS}`;
const EMAIL = new RegExp(
  `(?<![${WORDS}.+\\-])[${WORDS}.!#$%&'*+/=?^\\x60{|}~\\-]{1,64}@(?:[${ALNUM}](?:[${WORDS}\\-]{0,61}[${ALNUM}])?\\.){1,6}[${LETTERS}]{2,24}(?![${WORDS}@])`,
  "g",
);
const ABROAD = new RegExp(`(?<![${WORDS}+])(?:\\+|00(?=[1-9]))[0-9](?:[ ()./\\-]{0,3}[0-9]){6,14}(?![0-9])`, "g");
const NANP = new RegExp(
  `(?<![${WORDS}+./\\-])(?:1[ .\\-])?(?:\\([2-9][0-9]{2}\\)[ .\\-]?|[2-9][0-9]{2}[ .\\-])[2-9][0-9]{2}[ .\\-][0-9]{4}(?![${WORDS}]|[.\\-/][0-9])`,
  "g",
);
const NATIONAL = new RegExp(`(?<![${WORDS}+./\\-])\\(?0[1-9](?:[ ()/\\-]{0,2}[0-9]){7,10}(?![${WORDS}]|[.\\-/][0-9])`, "g");
const CALLED = new RegExp(`(?<![${WORDS}+])\\(?[0-9](?:[ ()./\\-]{0,2}[0-9]){6,14}(?![${WORDS}]|[.\\-/][0-9])`, "g");
const CALLS = new RegExp(
  "(?<![a-z])(?:phone|tel|telephone|telefon|telefono|mobile|mobil|cell|cellphone|handy|whatsapp|fax|call|call me(?: at| on)?|text me(?: at| on)?)" +
    "(?:\\s(?:number|no|nr|nummer|is|at|on|me|us|ist|es))*[\\s.:#]{0,3}(?=\\n?$)",
);
const DAY = "(?:0?[1-9]|[12][0-9]|3[01])";
const YEAR = "(?:(?:19|20)[0-9]{2}|[0-9]{2})";
const NAMED_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic|janv|fevr|avr|mai|juin|juil|aout|marz|okt|dez|mrz)[a-z]{0,7}\\.?";
const DATE =
  `(?:${DAY}[./\\- ]${DAY}[./\\- ]${YEAR}|(?:19|20)[0-9]{2}[./\\-]${DAY}[./\\-]${DAY}` +
  `|${DAY}(?:st|nd|rd|th|\\.)?(?: de| of)? ?${NAMED_MONTH},?(?: de| del)? ?${YEAR}` +
  `|${NAMED_MONTH} ${DAY}(?:st|nd|rd|th)?,? ${YEAR}|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)[0-9]{2})`;
const BORN =
  "(?:d\\.?o\\.?b|date of birth|birth ?date|birth ?day|born|geburtsdatum|geburtstag|geboren|geb|fecha de nacimiento|nacimiento|naci|" +
  "date de naissance|naissance|nee?|data de nascimento|nascimento|nasci|data di nascita|nato|nata|geboortedatum)";
const DOB = new RegExp(`(?<![a-z])${BORN}(?![a-z])[^0-9\\u2022\\n]{0,24}?\\n?(?<![0-9a-z])(${DATE})(?![0-9])`, "gd");

/** Addresses as people write them (RFC 5321, without quotes and literals). @param {View} view @returns {Generator<Candidate>} */
function* addressesIn(view) {
  for (const [, start, end] of spansOf(EMAIL, view)) yield found("email", view, start, end, "address");
}

/** Numbers with a country's code, in North America's groups, with a trunk nought, or after a word such as "call". @param {View} view @returns {Generator<Candidate>} */
function* telephonesIn(view) {
  for (const [shape, reason] of /** @type {[RegExp, string][]} */ ([[ABROAD, "country code"], [NANP, "area and exchange"]])) {
    for (const [, start, end] of spansOf(shape, view)) yield found("phone", view, start, end, reason);
  }
  for (const [shape, reason] of /** @type {[RegExp, string][]} */ ([[NATIONAL, "trunk prefix"], [CALLED, "phone words"]])) {
    for (const [, start, end] of spansOf(shape, view)) {
      if (CALLS.test(wordsBefore(view, start))) yield found("phone", view, start, end, reason, "phone words");
    }
  }
}

/** A date that words call somebody's birth. @param {View} view @returns {Generator<Candidate>} */
function* birthsIn(view) {
  for (const [match] of spansOf(DOB, view)) {
    const [start, end] = /** @type {any} */ (match).indices[1];
    yield found("dob", view, start, end, "birth words");
  }
}

/** @type {import("./kinds.js").Pack[]} */
export const PACKS = [
  { name: "email", hint: /[^\t\n\f\r ]@[^\t\n\f\r ]|%40|&#/, find: addressesIn },
  { name: "phone", hint: /(?:\p{N}[^\p{L}\p{N}]{0,3}){6}\p{N}/u, find: telephonesIn },
  { name: "dob", hint: /b\.?(?:irth|orn)|d\.?o\.?b|geb|nac|nais|n[eé]|nas|nat[oa]/iu, find: birthsIn },
];
