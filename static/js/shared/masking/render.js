// @ts-check
/**
 * What stands in the place of what was found: the browser's copy of security/masking/render.py, without the tenant's own
 * patterns. Texts are arrays of code points here, since offsets count these.
 */
import { BULLET, INVISIBLE, folded, isDigit } from "./folding.js";

/** @typedef {import("./scan.js").Candidate} Candidate */
/** @typedef {{chars: string[], origins: number[]}} Text what is shown, and the place of the input that each character stands for */

const SSN = "•••-••-••••";
const GROUP = 4;
const OTHERS = 2;
/** @type {Map<string, number>} */
const RANKS = new Map([["card", 0], ["ssn", 1]]);
/** Packs whose findings have no shape worth to be kept. @type {Map<string, string>} */
export const LABELS = new Map([["email", "[email]"], ["secret", "[secret]"]]);
/** Packs whose letters are hidden as their digits are. */
const LETTERED = new Set(["iban", "nino"]);

const rank = (/** @type {Candidate} */ { kind }) => RANKS.get(kind) ?? OTHERS;

/**
 * Overlapping numbers as one: whichever of them is the true one, none of its digits stays.
 * @param {Candidate[]} candidates
 * @returns {Candidate[]}
 */
export function resolved(candidates) {
  /** @type {Candidate[][]} */
  const clusters = [];
  let reached = 0;
  for (const next of [...candidates].sort((a, b) => a.start - b.start || b.end - a.end || rank(a) - rank(b))) {
    if (next.start >= reached) clusters.push([]);
    clusters[clusters.length - 1].push(next);
    reached = Math.max(reached, next.end);
  }
  return clusters.map((cluster) => (cluster.length > 1 ? one(cluster) : cluster[0]));
}

/** From the first of them to the end of the last; the longest speaks for all. @param {Candidate[]} cluster @returns {Candidate} */
function one(cluster) {
  const better = (/** @type {(one: Candidate) => number} */ worth) =>
    cluster.reduce((best, next) => (worth(next) > worth(best) ? next : best));
  const lead = better(({ start, end }) => end - start);
  const last = better(({ end }) => end);
  const { kind } = better((found) => -rank(found));
  const { rule, explain } = lead;
  const [start, end] = [cluster[0].start, last.end];
  if (lead.start === start && lead.end === end) return { ...lead, kind };
  const isSpelled = cluster.some((found) => found.digits && !found.places.length);
  const places = isSpelled ? [] : [...new Set(cluster.flatMap((found) => found.places))].sort((a, b) => a - b);
  const digits = isSpelled ? cluster.map((found) => found.digits).join("") : "";
  return { kind, start, end, rule, explain, kept: isSpelled || places.length ? 0 : last.kept, digits, places };
}

/**
 * The text with what was found replaced; within `limit` characters, since bullets stand one for one where it would be longer.
 * @param {Text} text @param {Candidate[]} found @param {boolean} keeps @param {number} limit
 */
export function replaced(text, found, keeps, limit) {
  const result = written(text, found, keeps, false);
  return result.chars.length > limit ? written(text, found, keeps, true) : result;
}

/** @param {Text} text @param {Candidate[]} found @param {boolean} keeps @param {boolean} isCompact @returns {Text} */
function written({ chars, origins }, found, keeps, isCompact) {
  /** @type {string[]} */
  const shown = [];
  /** @type {number[]} */
  const places = [];
  let done = 0;
  const copy = (/** @type {number} */ end) => {
    for (; done < end; done += 1) {
      shown.push(chars[done]);
      places.push(origins[done]);
    }
  };
  for (const item of found) {
    copy(item.start);
    for (const [char, offset] of stands(chars.slice(item.start, item.end), item, keeps, isCompact)) {
      shown.push(char);
      places.push(origins[item.start + offset]);
    }
    done = item.end;
  }
  copy(chars.length);
  return { chars: shown, origins: [...places, origins[chars.length]] };
}

/** What stands for a span, each character with the offset it stands for. @param {string[]} span @param {Candidate} item @param {boolean} keeps @param {boolean} isCompact @returns {[string, number][]} */
function stands(span, item, keeps, isCompact) {
  const kept = keeps ? item.kept : 0;
  const label = LABELS.get(item.kind);
  let shown = "";
  if (label) shown = isCompact ? BULLET.repeat(span.length) : label;
  else if (LETTERED.has(item.kind)) return lettered(span);
  else if (item.kind === "ssn" && item.rule === "ssn" && !isCompact) shown = SSN;
  else if (item.digits && !item.places.length) {
    const hidden = item.digits.length - kept;
    const bullets = isCompact ? BULLET.repeat(Math.min(hidden, span.length)) : grouped(hidden, kept).bullets;
    shown = isCompact ? bullets : bullets + item.digits.slice(hidden);
  } else return bulleted(span, item, kept, isCompact);
  return Array.from(shown, (char, offset) => [char, Math.min(offset, span.length - 1)]);
}

/** Letters and digits as bullets. @param {string[]} span @returns {[string, number][]} */
function lettered(span) {
  return span.map((char, offset) => [/^[\p{L}\p{N}]$/u.test(char) ? BULLET : char, offset]);
}

/** Digits as bullets but the last `kept`; visible separators as they were, groups of four where there are none. @param {string[]} span @param {Candidate} item @param {number} kept @param {boolean} isCompact @returns {[string, number][]} */
function bulleted(span, item, kept, isCompact) {
  const classes = classesOf(span, item);
  const visible = [...classes.keys()].filter((place) => classes[place] !== INVISIBLE);
  const digits = visible.filter((place) => isDigit(classes[place]));
  const hidden = digits.length - kept;
  if (digits.length === visible.length && digits.length > GROUP && !isCompact) {
    const { bullets, offsets } = grouped(hidden, kept);
    return [...bullets, ...digits.slice(hidden).map((place) => classes[place])].map((char, i) => [char, visible[offsets[i]]]);
  }
  const shown = new Map(digits.map((place, i) => [place, i < hidden ? BULLET : classes[place]]));
  return visible.map((place) => [shown.get(place) ?? span[place], place]);
}

/** The span with a figure for each of its digits; letters that were read as one included. @param {string[]} span @param {Candidate} item */
function classesOf(span, { start, digits, places }) {
  const folds = folded(span.join(""));
  const classes = [...(places.length ? folds.replace(/[0-9]/g, "/") : folds)]; // figures of an escape are none of its own
  for (const [i, place] of places.entries()) {
    const digit = digits ? digits[i] : "0";
    if (digit !== undefined) classes[place - start] = digit;
  }
  return classes;
}

/** Bullets in groups of four, and what each character stands for, those of the `kept` digits after them included. @param {number} hidden @param {number} kept */
function grouped(hidden, kept) {
  let bullets = "";
  const offsets = [];
  for (let offset = 0; offset < hidden; offset += 1) {
    if (offset && offset % GROUP === 0) {
      bullets += " ";
      offsets.push(offset);
    }
    bullets += BULLET;
    offsets.push(offset);
  }
  if (hidden > 0 && kept) {
    bullets += " ";
    offsets.push(hidden);
  }
  for (let offset = hidden; offset < hidden + kept; offset += 1) offsets.push(offset);
  return { bullets, offsets };
}
