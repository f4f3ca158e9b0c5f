// @ts-check
/**
 * Masks cards and social security numbers before they leave the device: the browser's copy of security/masking.
 * Both run tests/vectors/masking.json with equal output. The server masks again, and the tenant's own patterns only there.
 */
import { cardsIn, ssnsIn } from "./mask-numbers.js";
import { INVISIBLE, Surroundings, chainsOf, classesOf } from "./mask-scan.js";

/** @typedef {import("./mask-scan.js").Candidate} Candidate */
/** @typedef {{kind: string, start: number, end: number, rule: string, reasons: string[]}} Finding offsets in code points */

export const MAX_LENGTH = 8000;
const PASSES = 8;
const PASSES_THAT_KEEP = 2;

/**
 * The text as it may be sent, and what was masked in it. RangeError beyond 8,000 code points.
 * @param {string} text
 * @param {readonly string[]} [context] the messages before it
 * @returns {{text: string, findings: Finding[]}}
 */
export function mask(text, context = []) {
  let { chars, origins } = sanitised(text);
  /** @type {Finding[]} */
  let findings = [];
  for (let pass = 0; pass < PASSES; pass += 1) {
    const found = united(candidatesIn(chars, context));
    if (!found.length) return { text: chars.join(""), findings };
    findings = merged(findings, found, origins);
    ({ chars, origins } = replaced(chars, origins, found, pass < PASSES_THAT_KEEP));
  }
  throw new Error("masking did not come to an end");
}

/** @param {string} text */
function sanitised(text) {
  const all = Array.from(text, (char) => (/^[\ud800-\udfff]$/.test(char) ? "\ufffd" : char));
  if (all.length > MAX_LENGTH) throw new RangeError(`more than ${MAX_LENGTH} characters`);
  const origins = all.flatMap((char, place) => (char === "\0" ? [] : [place]));
  return { chars: all.filter((char) => char !== "\0"), origins: [...origins, all.length] };
}

/** @param {string[]} chars @param {readonly string[]} context */
function candidatesIn(chars, context) {
  const around = new Surroundings(classesOf(chars), context);
  return chainsOf(around.classes).flatMap((chain) => [...cardsIn(chain, around), ...ssnsIn(chain, around)]);
}

/**
 * Overlapping numbers as one: whichever is the true one, none of its digits stays.
 * @param {Candidate[]} candidates
 * @returns {Candidate[]}
 */
function united(candidates) {
  const rank = (/** @type {Candidate} */ c) => (c.kind === "card" ? 0 : 1);
  const ordered = [...candidates].sort((a, b) => a.start - b.start || b.end - a.end || rank(a) - rank(b));
  /** @type {Candidate[]} */
  const result = [];
  let longest = 0;
  for (const next of ordered) {
    const now = result.at(-1);
    const length = next.end - next.start;
    if (!now || next.start >= now.end) {
      result.push(next);
      longest = length;
      continue;
    }
    const lead = length > longest ? next : now;
    const last = next.end > now.end ? next : now;
    longest = Math.max(longest, length);
    const kind = now.kind === "card" || next.kind === "card" ? "card" : lead.kind;
    const { rule, explain } = lead;
    result[result.length - 1] = {
      kind, start: now.start, end: last.end, rule, explain, keepsLastFour: last.keepsLastFour,
    };
  }
  return result;
}

/** @param {string[]} chars @param {number[]} origins @param {Candidate[]} found @param {boolean} keeps */
function replaced(chars, origins, found, keeps) {
  const result = written(chars, origins, found, keeps, false);
  return result.chars.length > MAX_LENGTH ? written(chars, origins, found, keeps, true) : result;
}

/** @param {string[]} chars @param {number[]} origins @param {Candidate[]} found @param {boolean} keeps @param {boolean} compact */
function written(chars, origins, found, keeps, compact) {
  /** @type {string[]} */
  const out = [];
  /** @type {number[]} */
  const places = [];
  let done = 0;
  for (const item of found) {
    for (; done < item.start; done += 1) {
      out.push(chars[done]);
      places.push(origins[done]);
    }
    for (const [char, offset] of shown(chars.slice(item.start, item.end), item, keeps, compact)) {
      out.push(char);
      places.push(origins[item.start + offset]);
    }
    done = item.end;
  }
  for (; done < chars.length; done += 1) {
    out.push(chars[done]);
    places.push(origins[done]);
  }
  return { chars: out, origins: [...places, origins[chars.length]] };
}

/** @param {string[]} span @param {Candidate} item @param {boolean} keeps @param {boolean} compact @returns {[string, number][]} */
function shown(span, item, keeps, compact) {
  if (item.kind === "ssn" && !compact) {
    return Array.from("•••-••-••••", (char, i) => [char, Math.min(i, span.length - 1)]);
  }
  return bulleted(span, keeps && item.keepsLastFour ? 4 : 0, compact);
}

/** @param {string[]} span @param {number} kept @param {boolean} compact */
function bulleted(span, kept, compact) {
  const classes = classesOf(span);
  const digits = classes.replace(/[^0-9]/g, "").length;
  const grouped = digits === classes.replaceAll(INVISIBLE, "").length && !compact;
  /** @type {[string, number][]} */
  const out = [];
  let seen = 0;
  for (const [offset, letter] of [...classes].entries()) {
    if (letter === INVISIBLE) continue;
    if (!/[0-9]/.test(letter)) {
      out.push([span[offset], offset]);
      continue;
    }
    const hidden = digits - kept;
    if (grouped && seen && (seen === hidden || (seen < hidden && seen % 4 === 0))) out.push([" ", offset]);
    out.push([seen >= hidden ? letter : "•", offset]);
    seen += 1;
  }
  return out;
}

/**
 * The findings of all passes in offsets of the input; what overlaps an earlier one becomes part of it.
 * @param {Finding[]} findings
 * @param {Candidate[]} found
 * @param {number[]} origins
 */
function merged(findings, found, origins) {
  const fresh = found.map(({ kind, start, end, rule, explain }) => ({
    kind, start: origins[start], end: origins[end - 1] + 1, rule, reasons: explain(),
  }));
  /** @type {Finding[]} */
  const result = [];
  for (const next of [...findings, ...fresh].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = result.at(-1);
    if (last && next.start < last.end) last.end = Math.max(last.end, next.end);
    else result.push({ ...next });
  }
  return result;
}
