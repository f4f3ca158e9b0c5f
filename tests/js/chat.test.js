// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Chat } from "../../static/js/widget/chat.js";
import { standing, when } from "../../static/js/widget/header.js";
import { told, translate, ENGLISH } from "../../static/js/widget/strings.js";
import { STRINGS as ARABIC } from "../../static/js/widget/strings_ar.js";
import { Clock, network, settled } from "./fakes.js";

const SITE = { name: "Acme", greeting: "", online: true, departments: [], consent: null, fields: [] };

function visit({ seen = null, department = undefined } = {}) {
  const clock = new Clock();
  const net = network();
  const told = { arrived: [], stored: 0, status: [] };
  let serial = 0;
  const chat = new Chat({
    url: "ws://host/ws", clock, seen, uuid: () => `uuid-${++serial}`,
    network: { WebSocketImpl: net.FakeSocket, random: () => 0, watch: () => {} },
    about: () => (department ? { locale: "en", department } : { locale: "en" }),
    listener: {
      changed: () => {}, arrived: (message) => told.arrived.push(message.seq), stored: () => { told.stored += 1; },
      status: (status) => told.status.push(status), refused: () => {},
    },
  });
  chat.connection.start();
  const welcome = (rest = {}) => {
    net.last.accept();
    net.last.says({ type: "welcome", token: "token", conversation: null, last_seq: 0, last_rev: 0, more: false, site: SITE, ...rest });
  };
  return { chat, clock, net, told, welcome };
}

const message = (seq, rest = {}) => ({
  type: "message", conversation: "c1", id: `id-${seq}`, seq, prev_seq: seq - 1, rev: seq, client_id: null,
  author: { kind: "agent", id: "a", name: "Alice" }, text: `text ${seq}`, sent_at: "2026-01-01T10:00:00.000Z", masked: [], ...rest,
});
const ack = (seq, rest = {}) => ({
  type: "ack", conversation: "c1", id: `id-${seq}`, seq, rev: seq, client_id: "uuid-1", text: "hello", sent_at: "2026-01-01T10:00:00.000Z", masked: [], ...rest,
});
const sent = (net, type) => net.last.sent.filter((frame) => frame.type === type);

describe("how it stands", () => {
  test("nobody is away once an agent took the chat, before he said a word", () => {
    const { chat, net, welcome } = visit();
    const say = translate(ENGLISH, "en", "en");
    welcome({ site: { ...SITE, online: false }, conversation: "c1" });
    assert.equal(standing(chat, say), ENGLISH.offline);
    net.last.says({ type: "status", conversation: "c1", status: "open" });
    net.last.says(message(1, { author: { kind: "system" }, text: "Alice joined" }));
    assert.equal(standing(chat, say), ENGLISH.online);
    net.last.says(message(2));
    assert.equal(standing(chat, say), "Alice is here");
    net.last.says({ type: "status", conversation: "c1", status: "waiting" });
    assert.equal(standing(chat, say), ENGLISH.offline);
  });
});

describe("outside business hours", () => {
  const say = translate(ENGLISH, "en", "en-GB");
  const now = new Date("2026-11-20T18:00:00");
  const closed = (/** @type {string} */ back, rest = {}) => ({ ...SITE, online: false, back_at: new Date(back).toISOString(), ...rest });

  test("the header says when somebody is back", () => {
    const { chat, welcome } = visit();
    welcome({ site: closed("2026-11-23T09:00:00") });
    assert.equal(standing(chat, say, now), "Back Monday 09:00. Leave your e-mail and we will reply.");
    assert.equal(standing(chat, say, new Date("2026-11-23T09:00:01")), ENGLISH.offline, "that time has come, and nobody said he is there");
  });

  test("today is a time, next month a date", () => {
    assert.equal(when(new Date("2026-11-20T20:30:00"), now, "en-GB"), "20:30");
    assert.match(when(new Date("2026-12-27T09:00:00"), now, "en-GB"), /27 December.*9:00/);
    assert.match(when(new Date("2026-11-23T09:00:00"), now, "de"), /Montag/);
  });

  test("a page that names a department goes by that one's hours", () => {
    const { chat, welcome } = visit({ department: "d2" });
    const departments = [{ id: "d1", name: "Sales", online: true }, { id: "d2", name: "Support", online: false, back_at: new Date("2026-11-21T08:00:00").toISOString() }];
    welcome({ site: { ...SITE, departments } });
    assert.equal(standing(chat, say, now), "Back Saturday 08:00. Leave your e-mail and we will reply.");
  });
});

describe("the first words", () => {
  test("hello knows nothing, and the token is told again on the next socket", () => {
    const { net, clock, welcome } = visit();
    welcome();
    assert.deepEqual(net.last.sent[0], { type: "hello", token: null, conversation: null, last_seq: 0, last_rev: 0, locale: "en" });
    net.last.drops(1006);
    clock.advance(0);
    net.last.accept();
    assert.equal(net.last.sent[0].token, "token");
  });

  test("the bubble shows what the server stored, and storing is told once", () => {
    const { chat, net, told, welcome } = visit();
    welcome();
    chat.say("my card 4242424242424242");
    net.last.says(ack(1, { text: "my card •••• •••• •••• 4242" }));
    chat.say("more");
    net.last.says(ack(2, { client_id: "uuid-2" }));
    assert.equal(chat.transcript.list()[0].text, "my card •••• •••• •••• 4242");
    assert.deepEqual([chat.outbox.list(), told.stored, chat.status], [[], 1, "waiting"]);
  });

  test("a held fragment stays as it was typed until it is decided", () => {
    const { chat, net, welcome } = visit();
    welcome();
    chat.say("4242 4242");
    net.last.says(ack(1, { text: "•••• (checking…)", masked: [{ kind: "held", count: 1 }] }));
    assert.equal(chat.transcript.list()[0].text, "4242 4242");
    net.last.says({ type: "revised", conversation: "c1", id: "id-1", seq: 1, rev: 2, text: "•••• ••••", masked: [], reason: "masked" });
    assert.equal(chat.transcript.list()[0].text, "•••• ••••");
  });

  test("a fragment that is held again stays on its author's screen, and says that it is checked", () => {
    const { chat, net, welcome } = visit();
    welcome();
    chat.say("4242 4242");
    net.last.says(ack(1, { text: "4242 4242" }));
    net.last.says({ type: "revised", conversation: "c1", id: "id-1", seq: 1, rev: 3, text: "•••• (checking…)", masked: [{ kind: "held", count: 1 }], reason: "held" });
    const [own] = chat.transcript.list();
    assert.deepEqual([own.text, own.masked], ["4242 4242", [{ kind: "held", count: 1 }]]);
    net.last.says({ type: "revised", conversation: "c1", id: "id-1", seq: 1, rev: 4, text: "4242 4242", masked: [], reason: "released" });
    assert.deepEqual(chat.transcript.list()[0].masked, []);
  });
});

describe("coming back", () => {
  test("resumes behind the last message and announces only what is new", () => {
    const { chat, net, clock, told, welcome } = visit();
    welcome({ conversation: "c1", last_seq: 2 });
    net.last.says(message(1));
    net.last.says(message(2));
    assert.deepEqual(told.arrived, []);
    net.last.says(message(3));
    assert.deepEqual(told.arrived, [3]);
    net.last.drops(1006);
    clock.advance(0);
    net.last.accept();
    assert.deepEqual([net.last.sent[0].conversation, net.last.sent[0].last_seq, net.last.sent[0].last_rev], ["c1", 3, 3]);
    assert.equal(chat.unread, 3);
  });

  test("unread survives navigation by the mark that the page kept", () => {
    const { chat, net, welcome } = visit({ seen: { conversation: "c1", seq: 2 } });
    welcome({ conversation: "c1", last_seq: 3 });
    for (const seq of [1, 2, 3]) net.last.says(message(seq));
    assert.equal(chat.unread, 1);
    assert.equal(chat.see(), true);
    assert.deepEqual(sent(net, "read"), [{ type: "read", seq: 3 }]);
    assert.equal(chat.see(), false);
    assert.equal(chat.unread, 0);
  });

  test("over 200 missed messages begin a new list instead of a hole", () => {
    const { chat, net, clock, welcome } = visit();
    welcome({ conversation: "c1", last_seq: 1 });
    net.last.says(message(1));
    net.last.drops(1006);
    clock.advance(0);
    welcome({ conversation: "c1", last_seq: 300, more: true });
    net.last.says(message(101));
    assert.deepEqual([chat.transcript.order, chat.transcript.gapBefore, chat.transcript.hasOlder], [[101], null, true]);
  });
});

describe("holes", () => {
  test("are filled from history", async () => {
    const { chat, net, welcome } = visit();
    welcome({ conversation: "c1", last_seq: 1 });
    net.last.says(message(1));
    net.last.says(message(3));
    const [{ ref, before_seq: before }] = sent(net, "history");
    assert.equal(before, 4);
    net.last.says({ type: "history", ref, conversation: "c1", messages: [message(1), message(2), message(3)], more: false });
    await settled();
    assert.deepEqual([chat.transcript.order, chat.transcript.gapBefore, net.sockets.length], [[1, 2, 3], null, 1]);
  });

  test("that history does not fill make it come anew, once", async () => {
    const { net, welcome } = visit();
    welcome({ conversation: "c1", last_seq: 1 });
    net.last.says(message(1));
    for (let round = 0; round < 2; round += 1) {
      net.last.says(message(9, { prev_seq: 7, rev: 9 + round }));
      net.last.says({ type: "history", ref: sent(net, "history").at(-1).ref, conversation: "c1", messages: [], more: false });
      await settled();
      if (round === 0) welcome({ conversation: "c1", last_seq: 9 });
    }
    assert.equal(net.sockets.length, 2);
  });

  test("at the end are noticed by the pong, but not while the message may still be under way", () => {
    const { clock, net, welcome } = visit();
    welcome({ conversation: "c1", last_seq: 1 });
    net.last.says(message(1));
    net.last.says({ type: "pong", last_seq: 2 });
    net.last.says(message(2));
    clock.advance(2_000);
    assert.equal(sent(net, "history").length, 0);
    net.last.says({ type: "pong", last_seq: 3 });
    clock.advance(2_000);
    assert.equal(sent(net, "history")[0].before_seq, 4);
  });
});

describe("the end", () => {
  test("a message after it begins a new conversation below the old one", () => {
    const { chat, net, told, welcome } = visit();
    welcome({ conversation: "c1", last_seq: 1 });
    net.last.says(message(1));
    net.last.says({ type: "status", conversation: "c1", status: "closed" });
    chat.say("one more thing");
    net.last.says(ack(1, { conversation: "c2", id: "id-x" }));
    assert.deepEqual([chat.conversation, chat.earlier.length, chat.transcript.order, chat.status], ["c2", 1, [1], "waiting"]);
    assert.deepEqual(told.status, ["closed"]);
  });

  test("forgetting leaves nothing behind", () => {
    const { chat, net, welcome } = visit();
    welcome({ conversation: "c1", last_seq: 1 });
    net.last.says(message(1));
    chat.say("unsent");
    chat.restart();
    net.last.accept();
    assert.deepEqual([net.last.sent[0].token, net.last.sent[0].conversation], [null, null]);
    assert.deepEqual([chat.transcript.order, chat.outbox.list()], [[], []]);
  });

  test("typing is taken back when the agent goes silent", () => {
    const { chat, clock, net, welcome } = visit();
    welcome({ conversation: "c1", last_seq: 0 });
    net.last.says({ type: "typing", conversation: "c1", author: { kind: "agent", name: "Alice" }, active: true });
    assert.equal(chat.typist?.name, "Alice");
    clock.advance(8_000);
    assert.equal(chat.typist, null);
  });
});

describe("languages", () => {
  test("Arabic says everything that English says, in every plural form it has", () => {
    const more = Object.keys(ARABIC).filter((name) => !Object.hasOwn(ENGLISH, name));
    assert.deepEqual(Object.keys(ENGLISH).filter((name) => !Object.hasOwn(ARABIC, name)), []);
    assert.ok(more.every((name) => name.startsWith("told_")), "what the server tells in English already");
    const say = translate(ARABIC, "ar", "ar");
    for (const count of [0, 1, 2, 3, 11, 100]) assert.ok(say("unread", { count }).length > 5);
    assert.equal(say.dir, "rtl");
  });

  test("placeholders are the same in both", () => {
    const slots = (text) => [...new Set(JSON.stringify(text).match(/\{\w+\}/g) ?? [])].sort();
    for (const name of Object.keys(ENGLISH)) assert.deepEqual(slots(ARABIC[name]), slots(ENGLISH[name]), name);
  });

  test("lines of the system's are the visitor's own words, or the server's", () => {
    const [english, arabic] = [translate(ENGLISH, "en", "en"), translate(ARABIC, "ar", "ar")];
    assert.equal(told({ code: "ended", text: "The visitor ended the conversation" }, english), "You ended the chat");
    assert.equal(told({ code: "assigned", text: "Alice joined" }, english), "Alice joined");
    for (const code of ["assigned", "transferred", "returned", "closed", "ended", "reopened"]) {
      assert.match(told({ code, text: "English" }, arabic), /^[\u0600-\u06ff\s]+$/, code);
    }
    for (const code of ["new", "constructor", undefined]) assert.equal(told({ code, text: "Something new" }, arabic), "Something new");
  });

  test("what a visitor is called is never read as a pattern", () => {
    assert.equal(translate(ENGLISH, "en", "en")("typing", { name: "$& {count}" }), "$& {count} is typing…");
  });
});

describe("what is hidden", () => {
  test("follows the organisation's rules while the page is open", () => {
    const { chat, net, welcome } = visit();
    welcome({ site: { ...SITE, masking: { packs: [], keep_last_four: true, may_undo: false } } });
    net.last.says({ type: "masking", packs: ["phone"], keep_last_four: false, may_undo: true });
    assert.deepEqual(chat.site?.masking, { packs: ["phone"], keep_last_four: false, may_undo: true });
    assert.equal(chat.site?.name, SITE.name);
  });
});
