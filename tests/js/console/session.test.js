// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { KNOWN_FRAMES } from "../../../static/js/console/live/incoming.js";
import { reasonOf } from "../../../static/js/console/live/reason.js";
import { Session } from "../../../static/js/console/live/session.js";
import { initialState, reduce, threadOf } from "../../../static/js/console/model/state.js";
import { createStore } from "../../../static/js/console/model/store.js";
import { Clock, network, settled } from "../fakes.js";
import { ALICE, BOB, CHAT, conversation, message, OTHER, VERA, welcome } from "./cast.js";

/** A console at work: the session and its store are the real ones, the far end is the test. */
function desk({ selected = /** @type {string|null} */ (null), looking = false } = {}) {
  const clock = new Clock();
  const net = network();
  const store = createStore(reduce, initialState({ selected }), (run) => run());
  /** @type {any[]} */
  const notices = [];
  const session = new Session({
    url: "ws://host/ws/agent/", store, looking: () => looking, notify: (event) => notices.push(event), now: () => clock.now(),
    wiring: { clock, WebSocketImpl: net.FakeSocket, random: () => 0, watch: () => {} },
  });
  session.start();
  const arrive = () => {
    net.last.accept();
    net.last.says(welcome());
  };
  arrive();
  const sent = (/** @type {string} */ type) => net.last.sent.filter((/** @type {any} */ frame) => frame.type === type);
  const answer = (/** @type {string} */ type, /** @type {any} */ frame) => net.last.says({ ref: sent(type).at(-1).ref, ...frame });
  return { clock, net, store, session, notices, sent, answer, arrive };
}

/** @param {ReturnType<typeof desk>} on @param {any[]} messages @param {boolean} [more] */
async function opened(on, messages, more = false) {
  on.net.last.says({ type: "conversation", conversation: conversation() });
  on.session.openThread(CHAT);
  on.answer("history", { type: "history", conversation: CHAT, messages, more });
  await settled();
}

describe("frames", () => {
  test("every frame of the protocol to an agent has its handler", () => {
    const protocol = ["welcome", "ack", "message", "revised", "typing", "read", "queue", "conversation", "assigned", "history",
      "list", "agents", "availability", "offer", "status", "error", "pong"];
    assert.deepEqual([...KNOWN_FRAMES].sort(), protocol.sort());
  });

  test("a frame of a newer server is passed over", () => {
    const { net, notices } = desk();
    net.last.says({ type: "confetti" });
    net.last.says({ type: "constructor" });
    assert.deepEqual(notices, []);
  });

  test("a message for a conversation nobody opened counts, and opening it asks for its history", async () => {
    const on = desk();
    on.net.last.says({ type: "conversation", conversation: conversation() });
    on.net.last.says({ type: "message", ...message(7) });
    assert.equal(on.store.state.conversations[CHAT].unread, 1);
    on.session.openThread(CHAT);
    assert.equal("before_seq" in on.sent("history")[0], false, "the latest page");
  });

  test("the same message twice is one message and one notice", async () => {
    const on = desk();
    await opened(on, [message(1)]);
    on.net.last.says({ type: "message", ...message(2) });
    on.net.last.says({ type: "message", ...message(2) });
    assert.equal(threadOf(on.store.state, CHAT).messages.length, 2);
    assert.equal(on.store.state.conversations[CHAT].unread, 1);
    assert.equal(on.notices.length, 1);
  });

  test("a hole is filled from history", async () => {
    const on = desk();
    await opened(on, [message(1)]);
    on.net.last.says({ type: "message", ...message(4) });
    assert.equal(on.sent("history").at(-1).before_seq, 4);
    on.answer("history", { type: "history", conversation: CHAT, messages: [message(2), message(3)], more: true });
    await settled();
    assert.deepEqual(threadOf(on.store.state, CHAT).messages.map((one) => one.seq), [1, 2, 3, 4]);
  });

  test("a heartbeat that knows more than we do brings the rest", async () => {
    const on = desk();
    await opened(on, [message(1)]);
    on.net.last.says({ type: "pong", last_seq: { [CHAT]: 3 } });
    assert.equal(on.sent("history").at(-1).before_seq, 4);
  });

  test("my own typing from another tab is no colleague", async () => {
    const { net, store } = desk();
    net.last.says({ type: "typing", conversation: CHAT, author: { kind: "agent", ...ALICE }, active: true });
    assert.deepEqual(store.state.typing, {});
    net.last.says({ type: "typing", conversation: CHAT, author: { kind: "agent", ...BOB }, active: true });
    assert.equal(store.state.typing[CHAT].length, 1);
  });

  test("who has written has stopped typing", async () => {
    const { net, store } = desk();
    const author = { kind: "visitor", id: VERA.id, name: VERA.name };
    net.last.says({ type: "typing", conversation: CHAT, author, active: true });
    net.last.says({ type: "message", ...message(1) });
    assert.deepEqual(store.state.typing[CHAT], []);
  });

  test("what is assigned unasked is announced, what was asked for is not", async () => {
    const on = desk();
    const frame = { type: "assigned", conversation: conversation(), visitor: VERA, messages: [message(1)], more: false };
    const asked = on.session.next();
    on.answer("next", frame);
    assert.equal((await asked).conversation.id, CHAT);
    assert.deepEqual(on.notices, []);
    on.net.last.says({ ...frame, conversation: conversation({ id: OTHER }), messages: [] });
    assert.deepEqual(on.notices, [{ kind: "assigned", id: OTHER }]);
  });

  test("accepting takes the offer away, and so does its return to the queue", () => {
    const { net, store } = desk();
    const offer = { type: "offer", conversation: conversation({ assigned_to: BOB }), from: BOB, note: null, expires_at: "2099-01-01T00:00:00.000Z" };
    net.last.says(offer);
    net.last.says({ type: "conversation", conversation: { id: CHAT, tags: ["x"], status: "open", assigned_to: BOB } });
    assert.equal(store.state.offers.length, 1, "another change leaves it");
    net.last.says({ type: "conversation", conversation: { id: CHAT, status: "waiting", assigned_to: null } });
    assert.equal(store.state.offers.length, 0);
    net.last.says(offer);
    net.last.says({ type: "assigned", conversation: conversation(), visitor: VERA, messages: [], more: false });
    assert.equal(store.state.offers.length, 0);
  });
});

describe("sending", () => {
  const ack = (/** @type {any} */ sent, over = {}) => ({
    type: "ack", client_id: sent.client_id, conversation: CHAT, id: message(2).id, seq: 2, rev: 2, sent_at: message(2).sent_at,
    text: "stored", masked: [], ...over,
  });

  test("a message stands in the outbox until its ack and then in the thread, as stored", async () => {
    const on = desk();
    await opened(on, [message(1)]);
    on.session.send(CHAT, "reply", "my card 4242…");
    assert.equal(on.store.state.outbox.length, 1);
    on.answer("message", ack(on.sent("message")[0]));
    assert.equal(on.store.state.outbox.length, 0);
    const stored = threadOf(on.store.state, CHAT).messages.at(-1);
    assert.deepEqual([stored?.text, stored?.author.kind, stored?.author.id], ["stored", "agent", ALICE.id]);
  });

  test("a note is a note on the wire and in the thread", async () => {
    const on = desk();
    await opened(on, [message(1)]);
    on.session.send(CHAT, "note", "between us");
    assert.equal(on.sent("message").length, 0);
    on.answer("note", ack(on.sent("note")[0]));
    assert.equal(threadOf(on.store.state, CHAT).messages.at(-1)?.author.kind, "note");
  });

  test("what is held back shows as typed until the server decides", async () => {
    const on = desk();
    await opened(on, [message(1)]);
    on.session.send(CHAT, "reply", "4242 4242");
    on.answer("message", ack(on.sent("message")[0], { text: "…", masked: [{ kind: "held", count: 1 }] }));
    assert.equal(threadOf(on.store.state, CHAT).messages.at(-1)?.text, "4242 4242");
    on.net.last.says({ type: "revised", conversation: CHAT, id: message(2).id, seq: 2, rev: 3, text: "•••• 4242", masked: [], reason: "masked" });
    assert.equal(threadOf(on.store.state, CHAT).messages.at(-1)?.text, "•••• 4242");
  });

  test("a refused message keeps its text and says why, in its bubble and not in a notice", async () => {
    const on = desk();
    await opened(on, [message(1)]);
    on.session.send(CHAT, "reply", "too late");
    const { client_id } = on.sent("message")[0];
    on.answer("message", { type: "error", code: "closed", detail: "The conversation is closed.", client_id, conversation: CHAT });
    await settled();
    const [item] = on.store.state.outbox;
    assert.deepEqual([item.state, item.refusal.code, item.refusal.detail, item.frame.text], ["failed", "closed", "The conversation is closed.", "too late"]);
    assert.deepEqual(on.notices, []);
    on.session.retry(item.clientId);
    assert.deepEqual(on.sent("message").map((/** @type {any} */ frame) => frame.client_id), [client_id, client_id]);
  });

  test("without a connection it waits, and goes out again under the same id", async () => {
    const on = desk();
    await opened(on, [message(1)]);
    on.session.send(CHAT, "reply", "hello?");
    const { client_id } = on.sent("message")[0];
    on.net.last.drops(1006);
    await settled();
    on.clock.advance(1);
    on.arrive();
    assert.deepEqual(on.sent("message").map((/** @type {any} */ frame) => frame.client_id), [client_id]);
  });

  test("my message from another tab settles mine", async () => {
    const on = desk();
    await opened(on, [message(1)]);
    on.session.send(CHAT, "reply", "x");
    const { client_id } = on.sent("message")[0];
    on.net.last.says({ type: "message", ...message(2, { client_id, author: { kind: "agent", ...ALICE } }) });
    assert.equal(on.store.state.outbox.length, 0);
    assert.equal(on.store.state.conversations[CHAT].unread, 0);
  });
});

describe("asking", () => {
  test("a refusal is one notice with the server's code and sentence", async () => {
    const on = desk();
    const asked = on.session.act("claim", CHAT);
    on.answer("claim", { type: "error", code: "already_assigned", detail: "Somebody else has this conversation.", conversation: CHAT });
    assert.equal(await asked, null);
    assert.equal(on.notices.length, 1);
    assert.deepEqual([on.notices[0].kind, on.notices[0].explained.code], ["refused", "already_assigned"]);
  });

  test("who asked twice and got it once lost it to nobody", async () => {
    const on = desk();
    const asked = on.session.act("claim", CHAT);
    on.net.last.says({ type: "conversation", conversation: conversation({ status: "open", assigned_to: ALICE }) });
    on.answer("claim", { type: "error", code: "already_assigned", detail: "Somebody else has this conversation.", conversation: CHAT });
    assert.equal(await asked, null);
    assert.deepEqual(on.notices, []);
  });

  test("without a connection the agent is told that nothing changed", async () => {
    const on = desk();
    on.net.last.drops(1006);
    assert.equal(await on.session.close(CHAT, "resolved"), null);
    assert.deepEqual(on.notices, [{ kind: "lost" }]);
  });

  test("a conversation that is not there says so in its place, without a notice", async () => {
    const on = desk({ selected: OTHER });
    on.answer("history", { type: "error", code: "not_found", detail: "", conversation: OTHER });
    await settled();
    assert.equal(threadOf(on.store.state, OTHER).missing, true);
    assert.deepEqual(on.notices, []);
  });

  test("older pages: one request at a time, none after the beginning", async () => {
    const on = desk();
    await opened(on, [message(4), message(5)], true);
    on.session.older(CHAT);
    on.session.older(CHAT);
    assert.equal(on.sent("history").length, 2);
    assert.deepEqual([on.sent("history")[1].before_seq, on.sent("history")[1].limit], [4, 30]);
    on.answer("history", { type: "history", conversation: CHAT, messages: [message(1), message(2), message(3)], more: false });
    await settled();
    on.session.older(CHAT);
    assert.equal(on.sent("history").length, 2);
  });

  test("what is read is told once, and only of conversations that are mine", async () => {
    const on = desk();
    await opened(on, [message(1)]);
    on.session.seen(CHAT, 1);
    on.session.seen(CHAT, 1);
    assert.equal(on.sent("read").length, 1);
    on.net.last.says({ type: "conversation", conversation: conversation({ id: OTHER, assigned_to: BOB }) });
    on.session.seen(OTHER, 3);
    assert.equal(on.sent("read").length, 1);
  });

  test("a colleague's conversation is read again each time it is opened: nobody tells us what happens in it", async () => {
    const on = desk();
    await opened(on, [message(1)]);
    on.session.openThread(CHAT);
    assert.equal(on.sent("history").length, 1, "my own is live");
    on.net.last.says({ type: "conversation", conversation: conversation({ assigned_to: BOB }) });
    on.session.openThread(CHAT);
    assert.equal(on.sent("history").length, 2);
  });
});

describe("coming back", () => {
  test("hello tells where each conversation of mine ended, and nothing of others", async () => {
    const on = desk();
    await opened(on, [message(1), message(2)]);
    on.session.openThread(OTHER);
    on.net.last.drops(1006);
    await settled();
    on.clock.advance(1);
    on.net.last.accept();
    assert.deepEqual(on.sent("hello")[0].open, { [CHAT]: [2, 2] });
  });

  test("lists that were shown are asked for again", async () => {
    const on = desk();
    on.session.list("closed");
    on.answer("list", { type: "list", view: "closed", conversations: [], more: false });
    await settled();
    on.net.last.drops(1012);
    await settled();
    on.clock.advance(1);
    on.arrive();
    assert.deepEqual(on.sent("list").map((/** @type {any} */ frame) => frame.view), ["mine", "all", "closed"]);
  });

  test("who reads along asks to read along again", async () => {
    const on = desk({ selected: CHAT });
    const asked = on.session.act("watch", CHAT);
    on.answer("watch", { type: "assigned", watching: true, conversation: conversation({ assigned_to: BOB }), visitor: VERA, messages: [message(1)], more: false });
    await asked;
    on.net.last.drops(1006);
    await settled();
    on.clock.advance(1);
    on.arrive();
    assert.equal(on.sent("watch").length, 1);
  });
});

describe("a right that is taken away", () => {
  const shown = async () => {
    const on = desk({ selected: CHAT });
    await opened(on, [message(1)]);
    on.net.last.says({ type: "conversation", conversation: conversation({ visitor: { ...VERA, email: "vera@example.com" } }) });
    return on;
  };

  test("takes what it showed off the screen when the connection comes back", async () => {
    const on = await shown();
    on.net.last.drops(1006);
    await settled();
    on.clock.advance(1);
    on.net.last.accept();
    on.net.last.says(welcome({ permissions: ["chat.reply"] }));
    assert.deepEqual([on.store.state.conversations, threadOf(on.store.state, CHAT).messages.length], [{}, 0]);
    assert.equal("before_seq" in on.sent("history").at(-1), false, "what may still be seen is asked for anew");
  });

  test("but the same rights leave everything where it was", async () => {
    const on = await shown();
    on.net.last.drops(1006);
    await settled();
    on.clock.advance(1);
    on.arrive();
    assert.equal(on.store.state.conversations[CHAT].visitor?.email, "vera@example.com");
  });

  test("clears the screen and every button when the server turns one away", async () => {
    const on = await shown();
    on.net.last.drops(4403);
    await settled();
    assert.deepEqual([on.store.state.conversations, on.store.state.threads, on.store.state.permissions], [{}, {}, []]);
    assert.deepEqual(on.notices.at(-1), { kind: "turnedAway" });
  });

  test("is explained by the page, in the server's word, where it can be asked", async () => {
    const says = (/** @type {number} */ status, /** @type {any} */ body) => async () => ({ status, json: async () => body });
    assert.equal(await reasonOf("/console/", says(403, { code: "password_change_required" })), "password_change_required");
    assert.equal(await reasonOf("/console/", says(200, null)), null);
    assert.equal(await reasonOf("/console/", async () => { throw new TypeError("away"); }), null);
  });
});
