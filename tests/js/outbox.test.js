// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Connection } from "../../static/js/shared/connection.js";
import { Outbox, deliveryOf } from "../../static/js/shared/outbox.js";
import { Clock, network, settled } from "./fakes.js";

function desk() {
  const clock = new Clock();
  const net = network();
  const connection = new Connection({
    url: "ws://host/ws", hello: () => ({ type: "hello" }), WebSocketImpl: net.FakeSocket, clock, random: () => 0,
    watch: () => {},
    onFrame: (frame) => {
      if (frame.type === "welcome") outbox.flush();
      if (frame.type === "ack") outbox.settle(frame.client_id);
    },
  });
  let serial = 0;
  const outbox = new Outbox({ connection, clock, uuid: () => `uuid-${++serial}` });
  const welcome = () => {
    net.last.accept();
    net.last.says({ type: "welcome" });
  };
  const messages = () => net.last.sent.filter((frame) => frame.type === "message").map((frame) => frame.client_id);
  connection.start();
  return { clock, net, connection, outbox, welcome, messages };
}

describe("Outbox", () => {
  test("what is written offline is sent in order at welcome", () => {
    const { net, outbox, welcome, messages } = desk();
    outbox.add({ type: "message", text: "one" });
    outbox.add({ type: "message", text: "two" });
    welcome();
    assert.deepEqual(messages(), ["uuid-1"]);
    assert.deepEqual(outbox.list().map((item) => item.state), ["sending", "sending"]);
    net.last.says({ type: "ack", client_id: "uuid-1", ref: 1 });
    assert.deepEqual(messages(), ["uuid-1", "uuid-2"]);
  });

  test("a message waits behind one that is to be sent again, or it would be stored before it", async () => {
    const { net, clock, outbox, welcome, messages } = desk();
    welcome();
    outbox.add({ type: "message", text: "one" });
    outbox.add({ type: "message", text: "two" });
    net.last.says({ type: "error", code: "unavailable", ref: 1 });
    await settled();
    outbox.add({ type: "message", text: "three" });
    assert.deepEqual(messages(), ["uuid-1"]);
    clock.advance(2_000);
    assert.deepEqual(messages(), ["uuid-1", "uuid-1"]);
    net.last.says({ type: "ack", client_id: "uuid-1", ref: 2 });
    net.last.says({ type: "ack", client_id: "uuid-2", ref: 3 });
    assert.deepEqual(messages(), ["uuid-1", "uuid-1", "uuid-2", "uuid-3"]);
  });

  test("another conversation does not wait, nor does what is behind a message that was given up", async () => {
    const { net, outbox, welcome, messages } = desk();
    welcome();
    outbox.add({ type: "message", conversation: "a", text: "one" });
    outbox.add({ type: "message", conversation: "a", text: "two" });
    outbox.add({ type: "message", conversation: "b", text: "three" });
    assert.deepEqual(messages(), ["uuid-1", "uuid-3"]);
    net.last.says({ type: "error", code: "too_long", ref: 1 });
    await settled();
    assert.deepEqual(messages(), ["uuid-1", "uuid-3", "uuid-2"]);
  });

  test("an acknowledged message leaves; the rest goes again with the same UUID on the next socket", async () => {
    const { net, clock, outbox, welcome, messages } = desk();
    welcome();
    outbox.add({ type: "message", text: "one" });
    outbox.add({ type: "message", text: "two" });
    net.last.says({ type: "ack", client_id: "uuid-1", ref: 1 });
    net.last.drops(1006);
    await settled();
    clock.advance(0);
    welcome();
    assert.deepEqual(messages(), ["uuid-2"]);
    assert.equal(net.sockets.length, 2);
  });

  test("a lost answer fails the message after 15 s, and trying again uses the same UUID", async () => {
    const { net, clock, outbox, welcome, messages } = desk();
    welcome();
    const item = outbox.add({ type: "message", text: "one" });
    clock.advance(15_000);
    await settled();
    assert.deepEqual([item.state, item.reason], ["failed", "timeout"]);
    outbox.retry(item.clientId);
    assert.deepEqual(messages(), ["uuid-1", "uuid-1"]);
    net.last.says({ type: "ack", client_id: "uuid-1", ref: 2 });
    assert.deepEqual(outbox.list(), []);
  });

  test("rate_limited is waited for as long as the server says", async () => {
    const { net, clock, outbox, welcome, messages } = desk();
    welcome();
    const item = outbox.add({ type: "message", text: "one" });
    net.last.says({ type: "error", code: "rate_limited", retry_after: 3, client_id: "uuid-1", ref: 1 });
    await settled();
    assert.deepEqual([item.state, item.reason, item.againAt], ["sending", "rate_limited", 3000]);
    clock.advance(2_999);
    assert.equal(messages().length, 1);
    clock.advance(1);
    assert.equal(messages().length, 2);
  });

  test("unavailable is tried five times and then left to the person", async () => {
    const { net, clock, outbox, welcome, messages } = desk();
    welcome();
    const item = outbox.add({ type: "message", text: "one" });
    for (let ref = 1; ref <= 5; ref += 1) {
      net.last.says({ type: "error", code: "unavailable", ref });
      await settled();
      clock.advance(2_000);
    }
    assert.equal(messages().length, 5);
    assert.equal(item.state, "failed");
  });

  test("a refused message is not sent again by itself, a timed out one is", async () => {
    const { net, clock, outbox, welcome, messages } = desk();
    welcome();
    outbox.add({ type: "message", text: "refused" });
    net.last.says({ type: "error", code: "too_long", ref: 1 });
    await settled();
    outbox.add({ type: "message", text: "unheard" });
    clock.advance(15_000);
    await settled();
    net.last.drops(1006);
    clock.advance(0);
    welcome();
    assert.deepEqual(messages(), ["uuid-2"]);
  });
});

test("delivery is what is known, never more", () => {
  assert.equal(deliveryOf({ seq: 4, readSeq: 3, joined: false }), "sent");
  assert.equal(deliveryOf({ seq: 4, readSeq: 3, joined: true }), "delivered");
  assert.equal(deliveryOf({ seq: 3, readSeq: 3, joined: true }), "read");
});
