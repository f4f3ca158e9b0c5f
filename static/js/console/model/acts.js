/**
 * What this agent may do with a conversation. The server decides again on every frame; this only keeps
 * buttons away that could not work. Pure.
 */

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./types.js").Conversation} Conversation */

/** The server's names of permissions, in one place. */
export const PERMISSION = Object.freeze({
  take: "chat.take",
  reply: "chat.reply",
  note: "chat.note",
  transfer: "chat.transfer",
  close: "chat.close",
  reopen: "chat.reopen",
  tag: "chat.tag",
  watch: "chat.watch",
  block: "chat.block_visitor",
  seeAll: "chat.see_all",
});

/** @typedef {Pick<State, "permissions"|"departmentPermissions">} Rights */

/** Whether it may be done anywhere at all. @param {Rights} state @param {keyof typeof PERMISSION} name */
export function may(state, name) {
  return state.permissions.includes(PERMISSION[name]) || Object.values(state.departmentPermissions).some((names) => names.includes(PERMISSION[name]));
}

/** The same in one department. @param {Rights} state @param {keyof typeof PERMISSION} name @param {string|null|undefined} department */
function mayIn(state, name, department) {
  return state.permissions.includes(PERMISSION[name]) || (state.departmentPermissions[department ?? ""]?.includes(PERMISSION[name]) ?? false);
}

/**
 * How this agent stands to a conversation.
 * @param {Pick<State, "me">} state
 * @param {Conversation} one
 * @returns {"waiting"|"mine"|"other"|"closed"}
 */
export function standing(state, one) {
  if (one.status === "closed" || one.status === "waiting") return one.status;
  return one.assigned_to !== null && one.assigned_to.id === state.me?.id ? "mine" : "other";
}

/**
 * @param {State} state
 * @param {Conversation} one
 */
export function acts(state, one) {
  const stands = standing(state, one);
  const watching = state.threads[one.id]?.watching ?? false;
  const alive = stands !== "closed";
  const here = (/** @type {keyof typeof PERMISSION} */ name) => mayIn(state, name, one.department);
  // Who sees everybody's conversations also puts them in order: a supervisor closes and hands over for others.
  const oversees = alive && here("seeAll");
  return {
    standing: stands,
    claim: stands === "waiting" && here("take"),
    reply: stands === "mine" && here("reply"),
    note: alive && here("note"),
    transfer: (stands === "mine" || (oversees && stands === "other")) && here("transfer"),
    close: (stands === "mine" || oversees) && here("close"),
    reopen: stands === "closed" && here("reopen"),
    tag: here("tag") && !one.unstored, // a word about it would be stored
    watch: stands === "other" && !watching && here("watch"),
    unwatch: watching,
    block: one.visitor?.blocked === false && may(state, "block"),
    unblock: one.visitor?.blocked === true && may(state, "block"),
  };
}

export const EDIT_WITHIN_MS = 5 * 60 * 1000;

/**
 * Own messages can be corrected for five minutes.
 * @param {Pick<State, "me">} state
 * @param {import("./types.js").Message} message
 * @param {number} now
 */
export function editable(state, message, now) {
  return (
    (message.author.kind === "agent" || message.author.kind === "note") &&
    message.author.id === state.me?.id &&
    !message.gone &&
    now - Date.parse(message.sent_at) < EDIT_WITHIN_MS
  );
}

/**
 * The newest message this agent can still correct.
 * @param {State} state
 * @param {string} id
 * @param {number} now
 */
export function lastEditable(state, id, now) {
  return state.threads[id]?.messages.findLast((message) => editable(state, message, now)) ?? null;
}
