/** Canned responses while somebody writes: the slash before the caret, what matches it, and the gaps left to fill. */

/** @typedef {{id: string, shortcut: string, title: string, text: string, department: string|null, own: boolean}} Canned */
/** @typedef {{text: string, start: number, end: number}} Edited the field's text and selection */

const SLASH = /(?:^|\s)\/(\S*)$/u;
const GAP = /\{\{[^{}\n]{1,60}\}\}/gu;

/**
 * The slash command that the caret stands in: at the start or after a space, without one in itself.
 * @param {string} text @param {number} caret @returns {{from: number, query: string}|null}
 */
export function slashAt(text, caret) {
  const found = SLASH.exec(text.slice(0, caret));
  return found && { from: caret - found[1].length - 1, query: found[1] };
}

/**
 * The best match first: what begins with it, then shortcut, title and text that contain it.
 * @param {readonly Canned[]} all @param {string} query @returns {Canned[]}
 */
export function matching(all, query) {
  const wanted = query.toLowerCase();
  const rank = (/** @type {Canned} */ one) => {
    const [shortcut, title, text] = [one.shortcut, one.title, one.text].map((part) => part.toLowerCase());
    return [shortcut.startsWith(wanted), shortcut.includes(wanted), title.includes(wanted), text.includes(wanted)].indexOf(true);
  };
  return all
    .map((one) => ({ one, at: rank(one) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

/**
 * A reply in the place of the slash command; what stands around it stays. Its first gap is selected, else the caret is after it.
 * @param {string} text @param {{from: number}} slash @param {number} caret @param {string} body @returns {Edited}
 */
export function inserted(text, slash, caret, body) {
  const whole = text.slice(0, slash.from) + body + text.slice(caret);
  const [gap] = body.matchAll(GAP);
  const start = slash.from + (gap ? gap.index : body.length);
  return { text: whole, start, end: start + (gap ? gap[0].length : 0) };
}

/**
 * The gaps of replies that are still in a text. Braces of nobody's reply are no gap: they may be what the agent wants to say.
 * @param {string} text @param {readonly Canned[]} all @returns {{start: number, end: number, name: string}[]}
 */
export function gapsIn(text, all) {
  if (!text.includes("{{")) return [];
  const known = new Set(all.flatMap((one) => one.text.match(GAP) ?? []));
  return Array.from(text.matchAll(GAP))
    .filter(([gap]) => known.has(gap))
    .map((found) => ({ start: found.index, end: found.index + found[0].length, name: found[0].slice(2, -2).trim() }));
}

/**
 * Where Tab leads from a selection; null where it leaves the field.
 * @param {{start: number, end: number}[]} gaps @param {{start: number, end: number}} at @param {boolean} back
 */
export function nextGap(gaps, at, back) {
  const found = back ? gaps.filter((gap) => gap.end <= at.start).at(-1) : gaps.find((gap) => gap.start >= at.end);
  return found ?? null;
}
