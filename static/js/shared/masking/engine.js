// @ts-check
/**
 * Masks cards, social security numbers and the tenant's packs before they leave the device: the browser's copy of
 * security/masking/engine.py, stage by stage in modules of the same names. Both give the same for every text
 * (tests/security/masking/test_browser.py). The tenant's own patterns and its list of what is allowed stay on the server:
 * what they name may itself be a secret. The server masks again, since a device can be tampered with.
 *
 * Everything is imported here, so that a browser fetches the stages at once and not one after the other.
 */
import { besideCards, namedValuesIn } from "./beside.js";
import { cardsIn } from "./cards.js";
import "./decoding.js";
import { Effort, Exhausted, VIEW_CHARACTERS } from "./effort.js";
import { BULLET } from "./folding.js";
import { Judge } from "./judging.js";
import "./numerals.js";
import { DEFAULT, suspectedPacks } from "./policy.js";
import { CVV, ENCODED, LAST_FOUR, areEnough, hintsOf } from "./prefilter.js";
import { LABELS, replaced, resolved } from "./render.js";
import { rows } from "./scan.js";
import { Finder, lastFourIn } from "./ssn.js";
import { Conversation, Surroundings } from "./surroundings.js";
import "./tables.js";
import { views } from "./views.js";

/** @typedef {import("./scan.js").Candidate} Candidate */
/** @typedef {import("./views.js").View} View */
/** @typedef {import("./policy.js").Policy} Policy */
/** @typedef {{kind: string, start: number, end: number, rule: string, reasons: string[]}} Finding offsets in code points of the input */
/** @typedef {{hints: Set<number>, packs: import("./policy.js").Pack[]}} Suspected */

export const MAX_LENGTH = 8_000;
export const WITHHELD = "[message withheld: masking error]";
const PASSES = 8;
const PASSES_THAT_KEEP = 2;
const READ_BY_PACKS = new Set(["plain", "decoded"]);
const LONE_SURROGATE = /(?<![\ud800-\udbff])[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])/g;
const LABEL = new RegExp([...LABELS.values()].sort().map((label) => label.replace(/[[\]]/g, "\\$&")).join("|"), "g");

/**
 * The text as it may be sent, and what was masked in it; one made to be slow is withheld as a whole. RangeError beyond 8,000
 * code points.
 * @param {string} text
 * @param {Policy} [policy]
 * @param {readonly string[]} [context] the messages before it
 * @returns {{text: string, findings: Finding[]}}
 */
export function mask(text, policy = DEFAULT, context = []) {
  const { text: safe, findings } = look(text, policy, context);
  return { text: safe, findings };
}

/**
 * The same, with what stands in the place of each finding.
 * @param {string} text
 * @param {Policy} [policy]
 * @param {readonly string[]} [context]
 * @returns {{text: string, findings: Finding[], shown: string[]}}
 */
export function look(text, policy = DEFAULT, context = []) {
  if (text.length > MAX_LENGTH && Array.from(text).length > MAX_LENGTH) throw new RangeError(`more than ${MAX_LENGTH} characters`);
  if (!isBroken(text) && !suspected(text, policy)) return { text, findings: [], shown: [] };
  try {
    return masked(text, policy, new Conversation(context), new Effort());
  } catch (error) {
    if (!(error instanceof Exhausted)) throw error;
    const reasons = ["too much to be weighed"];
    return { text: WITHHELD, findings: [{ kind: "withheld", start: 0, end: Array.from(text).length, rule: "engine", reasons }], shown: [WITHHELD] };
  }
}

/** @param {string} text @param {Policy} policy @param {Conversation} conversation @param {Effort} effort */
function masked(text, policy, conversation, effort) {
  let current = sanitised(text);
  /** @type {Finding[]} */
  let findings = [];
  for (let pass = 0; pass < PASSES; pass += 1) {
    const now = current.chars.join("");
    const found = resolved(candidatesIn(now, policy, conversation, effort));
    if (!found.length) return { text: now, findings, shown: shownFor(findings, current) };
    findings = merged(findings, found, current.origins);
    current = replaced(current, found, policy.keepsLastFour && pass < PASSES_THAT_KEEP, MAX_LENGTH);
  }
  throw new Error("masking did not come to an end");
}

/** What stands in the place of each finding; these, and the origins, are in the order of the input. @param {Finding[]} findings @param {import("./render.js").Text} current */
function shownFor(findings, { chars, origins }) {
  let place = 0;
  return findings.map(({ start, end }) => {
    while (place < chars.length && origins[place] < start) place += 1;
    const begin = place;
    while (place < chars.length && origins[place] < end) place += 1;
    return chars.slice(begin, place).join("");
  });
}

/** What may be found in a text; null where there is nothing, as in nearly all messages. @param {string} text @param {Policy} policy @returns {Suspected | null} */
function suspected(text, policy) {
  const hints = hintsOf(text, policy.packs.length > 0);
  const packs = suspectedPacks(policy, text, hints.has(ENCODED));
  return packs.length || areEnough(hints) ? { hints, packs } : null;
}

const isBroken = (/** @type {string} */ text) => text.search(LONE_SURROGATE) >= 0;

/** Without NUL and lone surrogates, which the database and RE2 refuse; and where each character came from. @param {string} text */
function sanitised(text) {
  const all = Array.from(text.replace(LONE_SURROGATE, "\ufffd"));
  const origins = [...all.keys()].filter((place) => all[place] !== "\0");
  return { chars: origins.map((place) => all[place]), origins: [...origins, all.length] };
}

/** @param {string} text @param {Policy} policy @param {Conversation} conversation @param {Effort} effort */
function candidatesIn(text, policy, conversation, effort) {
  const suspicion = suspected(text, policy);
  if (!suspicion) return [];
  // Labels are finished work: they neither match again nor lend their words to a number beside them.
  const looked = policy.packs.length ? text.replace(LABEL, (label) => BULLET.repeat(label.length)) : text;
  return builtIn(looked, conversation, suspicion, effort);
}

/** @param {string} text @param {Conversation} conversation @param {Suspected} suspicion @param {Effort} effort @returns {Candidate[]} */
function builtIn(text, conversation, { hints, packs }, effort) {
  /** @type {Candidate[]} */
  const found = [];
  for (const [view, known] of views(text, hints)) {
    effort.spend(Math.floor(view.text.length / VIEW_CHARACTERS));
    const around = new Surroundings(view.text, conversation, known);
    if (areEnough(known)) found.push(...numbersIn(view, around, known, effort));
    if (READ_BY_PACKS.has(view.name)) for (const pack of packs) found.push(...pack.find(view, around));
  }
  return found;
}

/** The cards and social security numbers of one view, with what stands beside them. @param {View} view @param {Surroundings} around @param {Set<number>} hints @param {Effort} effort @returns {Candidate[]} */
function numbersIn(view, around, hints, effort) {
  const [judge, finder] = [new Judge(around, effort), new Finder(around, effort)];
  /** @type {Candidate[]} */
  const cards = [];
  /** @type {Candidate[]} */
  const others = [];
  for (const row of rows(view, effort)) {
    cards.push(...cardsIn(row, judge));
    others.push(...finder.find(row));
  }
  others.push(...cards, ...besideCards(view, cards));
  if (hints.has(CVV)) others.push(...namedValuesIn(view));
  if (hints.has(LAST_FOUR)) others.push(...lastFourIn(view));
  return others;
}

/**
 * The findings of all passes in offsets of the input; what overlaps an earlier one becomes part of it.
 * @param {Finding[]} findings @param {Candidate[]} found @param {number[]} origins
 */
function merged(findings, found, origins) {
  const fresh = found.map(({ kind, start, end, rule, explain }) => ({
    kind, start: origins[start], end: origins[end - 1] + 1, rule, reasons: explain(),
  }));
  /** @type {Finding[]} */
  const result = [];
  for (const next of [...findings, ...fresh].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = result[result.length - 1];
    if (last && next.start < last.end) last.end = Math.max(last.end, next.end);
    else result.push({ ...next });
  }
  return result;
}
