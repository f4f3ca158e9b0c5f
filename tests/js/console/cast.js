// @ts-check
/** Who plays in the console's tests, and the frames they make. */

export const ALICE = Object.freeze({ id: "a11ce000-0000-4000-8000-000000000001", name: "Alice" });
export const BOB = Object.freeze({ id: "b0b00000-0000-4000-8000-000000000002", name: "Bob" });
export const VERA = Object.freeze({ id: "5e5a0000-0000-4000-8000-000000000003", name: "Vera", verified: false });
export const CHAT = "c4a70000-0000-4000-8000-000000000004";
export const OTHER = "c4a70000-0000-4000-8000-000000000005";

export const EVERYTHING = Object.freeze([
  "chat.take", "chat.reply", "chat.note", "chat.transfer", "chat.close", "chat.reopen", "chat.tag", "chat.watch", "chat.see_all",
]);

/** @param {Record<string, unknown>} [over] */
export const conversation = (over = {}) => ({
  id: CHAT, status: "open", assigned_to: ALICE, department: null, tags: [], waiting_since: null, last_text: "", visitor: VERA, ...over,
});

/** @param {number} seq @param {Record<string, unknown>} [over] @returns {any} */
export const message = (seq, over = {}) => ({
  conversation: CHAT, id: `0e55a6e0-0000-4000-8000-${String(seq).padStart(12, "0")}`, seq, prev_seq: seq - 1, rev: seq,
  author: { kind: "visitor", id: VERA.id, name: VERA.name }, text: `message ${seq}`,
  sent_at: new Date(Date.UTC(2026, 0, 2, 12, 0, seq)).toISOString(), masked: [], ...over,
});

/** @param {Record<string, unknown>} [over] */
export const welcome = (over = {}) => ({
  type: "welcome", agent: ALICE, tenant: { slug: "acme", name: "Acme" }, permissions: [...EVERYTHING], capacity: 5, departments: [], ...over,
});
