/**
 * Which conversations stand in which list, in which order, and how long each has waited. Pure.
 */

/** @typedef {import("./types.js").Conversation} Conversation */
/** @typedef {"queue"|"mine"|"all"} View */

export const AMBER_AFTER_MS = 60_000;
export const RED_AFTER_MS = 180_000;

const time = (/** @type {string|null|undefined} */ at) => (at ? Date.parse(at) : Number.NaN);

/**
 * Longest waiting first; who does not wait comes after, latest activity first; the id decides ties,
 * so that two renderings never differ.
 * @param {Conversation & {last_at?: string|null}} a
 * @param {Conversation & {last_at?: string|null}} b
 */
export function byWaiting(a, b) {
  const waitA = time(a.waiting_since);
  const waitB = time(b.waiting_since);
  if (Number.isNaN(waitA) !== Number.isNaN(waitB)) return Number.isNaN(waitA) ? 1 : -1;
  if (!Number.isNaN(waitA) && waitA !== waitB) return waitA - waitB;
  const lastA = time(a.last_at) || 0;
  const lastB = time(b.last_at) || 0;
  if (lastA !== lastB) return lastB - lastA;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/**
 * @param {Conversation} conversation
 * @param {View} view
 * @param {{me: string|null, filter: "open"|"closed"}} whose
 */
export function belongs(conversation, view, { me, filter }) {
  if (view === "queue") return conversation.status === "waiting";
  if (view === "mine") return conversation.status === "open" && me !== null && conversation.assigned_to?.id === me;
  return filter === "closed" ? conversation.status === "closed" : conversation.status !== "closed";
}

/**
 * The rows of one list.
 * @param {Record<string, Conversation>} conversations
 * @param {View} view
 * @param {{me: string|null, filter: "open"|"closed", query?: string}} options
 */
export function listOf(conversations, view, { me, filter, query = "" }) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return Object.values(conversations)
    .filter((one) => belongs(one, view, { me, filter }) && matches(one, words))
    .sort(byWaiting);
}

/**
 * Whether every word occurs in the name, the last text or a tag.
 * @param {Conversation} one
 * @param {string[]} words lower case
 */
function matches(one, words) {
  if (words.length === 0) return true;
  const heap = [one.visitor?.name ?? "", one.last_text ?? "", ...one.tags].join("\n").toLowerCase();
  return words.every((word) => heap.includes(word));
}

/**
 * The neighbour of the selected row, for J and K; from nothing, the first or last.
 * @param {readonly {id: string}[]} rows
 * @param {string|null} selected
 * @param {1|-1} step
 * @returns {string|null}
 */
export function neighbour(rows, selected, step) {
  if (rows.length === 0) return null;
  const at = rows.findIndex((row) => row.id === selected);
  if (at < 0) return rows[step === 1 ? 0 : rows.length - 1].id;
  return rows[Math.min(rows.length - 1, Math.max(0, at + step))].id;
}

/**
 * How long somebody has waited and how urgent that is; null when nobody waits.
 * @param {string|null} since
 * @param {number} now milliseconds
 * @returns {{ms: number, level: "calm"|"amber"|"red"}|null}
 */
export function waiting(since, now) {
  const start = time(since);
  if (Number.isNaN(start)) return null;
  const ms = Math.max(0, now - start);
  return { ms, level: ms >= RED_AFTER_MS ? "red" : ms >= AMBER_AFTER_MS ? "amber" : "calm" };
}
