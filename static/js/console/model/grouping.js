/**
 * From a conversation's messages to the rows of its thread: day separators, the "New" line, and bubbles
 * grouped by sender within five minutes. Pure.
 */

/** @typedef {import("./types.js").Message} Message */
/**
 * @typedef {{kind: "day", key: string, at: string}
 *   | {kind: "new", key: string}
 *   | {kind: "system", key: string, message: Message}
 *   | {kind: "bubble", key: string, message: Message, first: boolean, last: boolean}} Row
 */

export const GROUP_WITHIN_MS = 5 * 60 * 1000;

/**
 * The calendar day of a moment in the reader's own zone, as YYYY-MM-DD.
 * @param {string} at
 */
export function localDay(at) {
  const moment = new Date(at);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

/**
 * Whether two neighbours belong to one group.
 * @param {Message} a
 * @param {Message} b
 * @param {(at: string) => string} dayOf
 */
function together(a, b, dayOf) {
  return (
    a.author.kind === b.author.kind &&
    a.author.id === b.author.id &&
    a.author.kind !== "system" &&
    Date.parse(b.sent_at) - Date.parse(a.sent_at) <= GROUP_WITHIN_MS &&
    dayOf(a.sent_at) === dayOf(b.sent_at)
  );
}

/**
 * @param {readonly Message[]} messages oldest first
 * @param {{newAfter?: number|null, dayOf?: (at: string) => string}} [options] `newAfter`: the last `seq` seen before
 * @returns {Row[]}
 */
export function threadRows(messages, { newAfter = null, dayOf = localDay } = {}) {
  /** @type {Row[]} */
  const rows = [];
  let day = "";
  let lined = newAfter === null;
  messages.forEach((message, index) => {
    const today = dayOf(message.sent_at);
    if (today !== day) rows.push({ kind: "day", key: `day-${today}`, at: message.sent_at });
    day = today;
    const fresh = !lined && newAfter !== null && message.seq > newAfter;
    if (fresh) {
      rows.push({ kind: "new", key: "new" });
      lined = true;
    }
    if (message.author.kind === "system") {
      rows.push({ kind: "system", key: message.id, message });
      return;
    }
    const before = messages[index - 1];
    const after = messages[index + 1];
    const splitAfter = after && newAfter !== null && message.seq <= newAfter && after.seq > newAfter;
    rows.push({
      kind: "bubble",
      key: message.id,
      message,
      first: fresh || !before || !together(before, message, dayOf),
      last: splitAfter || !after || !together(message, after, dayOf),
    });
  });
  return rows;
}
