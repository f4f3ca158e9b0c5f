/**
 * Conversations as the lists show them: what each frame changes in them. Pure; every function returns a new
 * record, or the old one when nothing changed, so that views can compare by identity.
 */

/** @typedef {import("./types.js").Conversation} Conversation */
/** @typedef {Record<string, Conversation>} Conversations */

const FIELDS = Object.freeze([
  "status", "assigned_to", "department", "tags", "waiting_since", "last_text", "last_at", "visitor", "outcome", "unstored",
  "rating",
]);

/**
 * @param {string} id
 * @returns {Conversation}
 */
function blank(id) {
  return {
    id,
    status: "open",
    assigned_to: null,
    department: null,
    tags: [],
    waiting_since: null,
    last_text: "",
    visitor: null,
    unread: 0,
  };
}

/**
 * Take over the fields a frame tells; what it leaves out stays.
 * @param {Conversations} all
 * @param {{id: string} & Record<string, unknown>} told
 * @returns {Conversations}
 */
export function merged(all, told) {
  /** @type {Record<string, unknown>} */
  const next = { ...(all[told.id] ?? blank(told.id)) };
  for (const field of FIELDS) {
    if (!(field in told) || told[field] === undefined) continue;
    next[field] = field === "visitor" ? mergedVisitor(next.visitor, told.visitor) : told[field];
  }
  if (next.status !== "waiting") next.waiting_since = null;
  return { ...all, [told.id]: /** @type {Conversation} */ (/** @type {unknown} */ (next)) };
}

/**
 * A summary knows less of a visitor than the pane does: it must not erase the rest.
 * @param {unknown} known
 * @param {unknown} told
 */
function mergedVisitor(known, told) {
  if (told === null || typeof told !== "object") return known ?? null;
  return { .../** @type {object} */ (known ?? {}), ...told };
}

/**
 * A whole snapshot of one list: rows that used to be in it and are not any more have left it while we were away.
 * They are forgotten unless `keep` says that something still shows them.
 * @param {Conversations} all
 * @param {readonly ({id: string} & Record<string, unknown>)[]} rows
 * @param {{was: (one: Conversation) => boolean, keep: (id: string) => boolean}} rule
 * @returns {Conversations}
 */
export function snapshot(all, rows, { was, keep }) {
  const present = new Set(rows.map((row) => row.id));
  /** @type {Conversations} */
  let next = {};
  for (const one of Object.values(all)) {
    if (!was(one) || present.has(one.id) || keep(one.id)) next[one.id] = one;
  }
  for (const row of rows) next = merged(next, row);
  return next;
}

/**
 * A message came: the row shows its text, and counts it unless it is being read.
 * @param {Conversations} all
 * @param {import("./types.js").Message & {conversation: string}} message
 * @param {boolean} counts
 * @returns {Conversations}
 */
export function withMessage(all, message, counts) {
  const one = all[message.conversation];
  if (!one) return all;
  const shows = message.author.kind === "visitor" || message.author.kind === "agent";
  const unread = counts && message.author.kind === "visitor" ? one.unread + 1 : one.unread;
  const next = shows
    ? { ...one, last_text: message.text, last_at: message.sent_at, unread }
    : { ...one, unread };
  return { ...all, [one.id]: next };
}

/**
 * @param {Conversations} all
 * @param {string} id
 * @returns {Conversations}
 */
export function seen(all, id) {
  const one = all[id];
  return one && one.unread > 0 ? { ...all, [id]: { ...one, unread: 0 } } : all;
}
