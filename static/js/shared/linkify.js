// @ts-check
/**
 * Text into text, links and masked digits.
 *
 * The danger: a link that runs a script, hides where it goes, or a pattern that a hostile message makes
 * slow. Only http and https without user names become links, shown exactly as written; the pattern has
 * no nested repetition, so its time grows with the text and no faster.
 *
 * @import {Part} from "./types"
 */
import { el } from "./dom.js";

// Ends at white space, quotes, brackets of markup, and the characters that can reorder what is shown.
const CANDIDATE = /https?:\/\/[^\s<>"'\u0060{}|\\^\u200b-\u200f\u2028-\u202e\u2066-\u2069]{1,2000}|(?:\d{1,4}[ -]?)?•[• -]*•(?:[ -]?\d{1,4}(?!\d))?/giu;
const TRAILING = ".,;:!?…»”’)]*_~";
const OPENS = new Map([[")", "("], ["]", "["]]);

/** @param {string} text @returns {Part[]} which joined give `text` again */
export function parts(text) {
  /** @type {Part[]} */
  const found = [];
  let at = 0;
  const plain = (/** @type {number} */ until) => {
    if (until > at) found.push({ kind: "text", text: text.slice(at, until) });
  };
  for (const match of text.matchAll(CANDIDATE)) {
    const isLink = match[0][0] === "h" || match[0][0] === "H";
    const shown = isLink ? withoutTrailing(match[0]) : match[0];
    const href = isLink ? safeHref(shown) : null;
    if (isLink && href === null) continue;
    plain(match.index);
    found.push(href === null ? { kind: "masked", text: shown } : { kind: "link", text: shown, href });
    at = match.index + shown.length;
  }
  plain(text.length);
  return found;
}

/** @param {string} text @returns {(Node|string)[]} for an element whose `white-space` is `pre-wrap` */
export function rendered(text) {
  return parts(text).map((part) => {
    if (part.kind === "link") {
      return el("a", { href: part.href, target: "_blank", rel: "noopener noreferrer nofollow ugc" }, part.text);
    }
    return part.kind === "masked" ? el("span", { class: "masked", dir: "ltr" }, part.text) : part.text;
  });
}

/** @param {string} candidate @returns {string|null} */
function safeHref(candidate) {
  try {
    const url = new URL(candidate);
    const web = url.protocol === "http:" || url.protocol === "https:";
    return web && url.username === "" && url.password === "" ? url.href : null;
  } catch {
    return null;
  }
}

/** A sentence's own punctuation is not part of the address; a bracket is, if it was opened in it. @param {string} candidate */
function withoutTrailing(candidate) {
  const surplus = new Map([...OPENS].map(([close, open]) => [close, count(candidate, close) - count(candidate, open)]));
  let end = candidate.length;
  while (end > 0 && TRAILING.includes(candidate[end - 1])) {
    const closing = candidate[end - 1];
    const extra = surplus.get(closing);
    if (extra !== undefined) {
      if (extra <= 0) break;
      surplus.set(closing, extra - 1);
    }
    end -= 1;
  }
  return candidate.slice(0, end);
}

/** @param {string} text @param {string} character */
function count(text, character) {
  let total = 0;
  for (const one of text) total += Number(one === character);
  return total;
}
