// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { acts, editable, lastEditable, standing } from "../../../static/js/console/model/acts.js";
import { initialState, reduce, threadOf } from "../../../static/js/console/model/state.js";
import { ALICE, BOB, CHAT, conversation, EVERYTHING, message, OTHER, VERA, welcome } from "./cast.js";

/** @param {...any} actions */
const after = (...actions) => actions.reduce(reduce, reduce(initialState(), { type: "welcome", frame: welcome() }));
const waits = (/** @type {string} */ id) => conversation({ id, status: "waiting", assigned_to: null, waiting_since: "2026-01-02T12:00:00.000Z" });
const queue = (/** @type {any[]} */ conversations, total = conversations.length) => ({ type: "queue", frame: { total, conversations } });
const loaded = (/** @type {any[]} */ messages, patch = {}) => ({ type: "thread", id: CHAT, patch: { loaded: true, messages, ...patch } });

describe("lists and their deltas", () => {
  test("a delta tells what it tells and leaves the rest", () => {
    const state = after(queue([waits(CHAT)]), { type: "conversation", conversation: { id: CHAT, status: "open", assigned_to: BOB } });
    const one = state.conversations[CHAT];
    assert.equal(one.visitor?.name, VERA.name);
    assert.equal(one.assigned_to?.name, "Bob");
    assert.equal(one.waiting_since, null, "who is answered does not wait");
  });

  test("a summary does not erase what the pane knows of the visitor", () => {
    const rich = conversation({ visitor: { ...VERA, email: "vera@example.com" } });
    const state = after({ type: "conversation", conversation: rich }, { type: "conversation", conversation: conversation() });
    assert.equal(state.conversations[CHAT].visitor?.email, "vera@example.com");
  });

  test("what left the queue while we were away is gone after the next queue frame", () => {
    const state = after(queue([waits(CHAT), waits(OTHER)]), queue([waits(OTHER)]));
    assert.deepEqual(Object.keys(state.conversations), [OTHER]);
  });

  test("but not the one that is on screen", () => {
    const state = after(queue([waits(CHAT)]), { type: "select", id: CHAT }, queue([]));
    assert.ok(state.conversations[CHAT]);
  });

  test("those waiting beyond the first page are counted", () => {
    assert.equal(after(queue([waits(CHAT)], 250)).queueBeyond, 249);
  });

  test("a first page of mine replaces, a further page adds", () => {
    const first = { type: "list", first: true, frame: { view: "mine", conversations: [conversation()], more: false } };
    const other = { ...first, frame: { ...first.frame, conversations: [conversation({ id: OTHER })] } };
    assert.deepEqual(Object.keys(after(first, other).conversations), [OTHER]);
    assert.deepEqual(Object.keys(after(first, { ...other, first: false }).conversations), [CHAT, OTHER]);
  });

  test("an unchanged list keeps its identity, so that nothing is rendered again", () => {
    const state = after(queue([waits(CHAT)]));
    assert.equal(reduce(state, { type: "seen", id: CHAT, seq: 0 }), state);
    assert.equal(reduce(state, { type: "tick", now: 0 }), state);
  });
});

describe("reading", () => {
  const arrived = (/** @type {any} */ one, looking = false) => ({ type: "arrived", message: one, looking });
  const base = () => after({ type: "conversation", conversation: conversation() }, loaded([message(1)]), { type: "seen", id: CHAT, seq: 1 });

  test("a visitor's message counts until it is seen", () => {
    let state = reduce(base(), arrived(message(2)));
    assert.equal(state.conversations[CHAT].unread, 1);
    assert.equal(state.conversations[CHAT].last_text, "message 2");
    state = reduce(state, { type: "seen", id: CHAT, seq: 2 });
    assert.equal(state.conversations[CHAT].unread, 0);
  });

  test("before my eyes it counts nothing and draws no line", () => {
    const state = reduce(base(), arrived(message(2), true));
    assert.equal(state.conversations[CHAT].unread, 0);
    assert.equal(threadOf(state, CHAT).newAfter, null);
  });

  test("the New line stays where reading ended, however many follow", () => {
    const state = [arrived(message(2)), arrived(message(3))].reduce(reduce, base());
    assert.equal(threadOf(state, CHAT).newAfter, 1);
  });

  test("notes and system messages are no unread messages, and a note is not the last word", () => {
    const note = message(2, { author: { kind: "note", ...BOB }, text: "secret" });
    const state = reduce(base(), arrived(note));
    assert.equal(state.conversations[CHAT].unread, 0);
    assert.notEqual(state.conversations[CHAT].last_text, "secret");
  });

  test("coming back draws the line where I left", () => {
    const more = loaded([message(1), message(2)]);
    const state = [more, { type: "select", id: CHAT }].reduce(reduce, base());
    assert.equal(threadOf(state, CHAT).newAfter, 1);
  });

  test("receipts only go forward", () => {
    const read = (/** @type {number} */ seq) => ({ type: "visitorRead", id: CHAT, seq });
    assert.equal(threadOf([read(5), read(3)].reduce(reduce, base()), CHAT).visitorRead, 5);
  });
});

describe("what passes by itself", () => {
  const typing = { type: "typing", conversation: CHAT, author: { kind: "agent", ...BOB }, until: 6000 };
  const offer = { type: "offer", offer: { conversation: conversation(), from: BOB, note: null, expires_at: "2026-01-02T12:00:30.000Z" } };

  test("typing that nobody ended ends", () => {
    assert.equal(after(typing, { type: "tick", now: 5999 }).typing[CHAT].length, 1);
    assert.equal(after(typing, { type: "tick", now: 6000 }).typing[CHAT].length, 0);
  });

  test("an offer lapses at its time and is not made twice", () => {
    const end = Date.parse("2026-01-02T12:00:30.000Z");
    assert.equal(after(offer, offer, { type: "tick", now: end - 1 }).offers.length, 1);
    assert.equal(after(offer, { type: "tick", now: end }).offers.length, 0);
  });

  test("switching the mode or the conversation gives an edit up", () => {
    const edit = { type: "editing", editing: { conversation: CHAT, id: "x", text: "y" } };
    assert.equal(after(edit, { type: "mode", id: CHAT, mode: "note" }).editing, null);
    assert.equal(after(edit, { type: "select", id: OTHER }).editing, null);
  });

  test("an unknown action is a mistake, also one named like a method of Object", () => {
    assert.throws(() => after({ type: "nonsense" }), TypeError);
    assert.throws(() => after({ type: "toString" }), TypeError);
  });
});

describe("what may be done", () => {
  const rights = (/** @type {readonly string[]} */ permissions) => reduce(initialState(), { type: "welcome", frame: welcome({ permissions }) });
  const all = rights([...EVERYTHING]);
  const agent = rights(EVERYTHING.filter((name) => !["chat.watch", "chat.see_all"].includes(name)));
  const allowed = (/** @type {any} */ state, /** @type {any} */ over) =>
    Object.entries(acts(state, /** @type {any} */ (conversation(over)))).filter(([, may]) => may === true).map(([name]) => name).sort();

  test("how I stand to it", () => {
    const stands = (/** @type {any} */ over) => standing(all, /** @type {any} */ (conversation(over)));
    assert.equal(stands({}), "mine");
    assert.equal(stands({ assigned_to: BOB }), "other");
    assert.equal(stands({ status: "waiting", assigned_to: null }), "waiting");
    assert.equal(stands({ status: "closed" }), "closed");
  });

  test("an agent: his own, what waits, what is closed, a colleague's", () => {
    assert.deepEqual(allowed(agent, {}), ["close", "note", "reply", "tag", "transfer"]);
    assert.deepEqual(allowed(agent, { status: "waiting", assigned_to: null }), ["claim", "note", "tag"]);
    assert.deepEqual(allowed(agent, { status: "closed" }), ["reopen", "tag"]);
    assert.deepEqual(allowed(agent, { assigned_to: BOB }), ["note", "tag"]);
  });

  test("a supervisor also reads along, hands over and closes for others, but does not speak in their name", () => {
    assert.deepEqual(allowed(all, { assigned_to: BOB }), ["close", "note", "tag", "transfer", "watch"]);
  });

  test("a role on a department holds for that department's conversations alone", () => {
    const frame = welcome({ permissions: [], department_permissions: { sales: ["chat.watch", "chat.note"] } });
    const state = reduce(initialState(), { type: "welcome", frame });
    assert.deepEqual(allowed(state, { assigned_to: BOB, department: "sales" }), ["note", "watch"]);
    assert.deepEqual(allowed(state, { assigned_to: BOB, department: "support" }), []);
    assert.deepEqual(allowed(state, { assigned_to: BOB, department: null }), []);
  });

  test("without a right there is no button", () => {
    for (const over of [{}, { status: "waiting", assigned_to: null }, { status: "closed" }, { assigned_to: BOB }]) {
      assert.deepEqual(allowed(rights([]), over), []);
    }
  });

  test("own words can be corrected for five minutes, others' never, and not what is gone", () => {
    const own = message(1, { author: { kind: "agent", ...ALICE } });
    const at = Date.parse(own.sent_at);
    assert.equal(editable(all, own, at + 299_999), true);
    assert.equal(editable(all, own, at + 300_000), false);
    assert.equal(editable(all, { ...own, gone: true }, at), false);
    assert.equal(editable(all, message(2, { author: { kind: "agent", ...BOB } }), at), false);
    const visitorWithMyId = message(3, { author: { kind: "visitor", ...ALICE } });
    assert.equal(editable(all, visitorWithMyId, at), false);
    const state = [loaded([own, message(2)])].reduce(reduce, all);
    assert.equal(lastEditable(state, CHAT, at)?.id, own.id);
  });
});
