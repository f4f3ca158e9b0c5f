// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Connection, FINAL_CODES } from "../../static/js/shared/connection.js";
import { Clock, network, settled } from "./fakes.js";

function connected({ random = () => 0.5, welcome = true } = {}) {
  const clock = new Clock();
  const net = network();
  const frames = [];
  const states = [];
  const page = { wake: () => {}, doubt: () => {} };
  let hellos = 0;
  const connection = new Connection({
    url: "ws://host/ws", hello: () => ({ type: "hello", count: ++hellos }), WebSocketImpl: net.FakeSocket,
    onFrame: (frame) => frames.push(frame), onState: (state) => states.push(state), clock, random,
    watch: (on) => Object.assign(page, on),
  });
  connection.start();
  if (welcome) {
    net.last.accept();
    net.last.says({ type: "welcome" });
  }
  return { clock, net, frames, states, page, connection };
}

describe("coming up", () => {
  test("says hello first and is ready only at welcome", () => {
    const { net, connection } = connected({ welcome: false });
    assert.equal(connection.post({ type: "typing" }), false);
    net.last.accept();
    assert.deepEqual(net.last.sent, [{ type: "hello", count: 1 }]);
    assert.equal(connection.ready, false);
    net.last.says({ type: "welcome" });
    assert.equal(connection.ready, true);
  });

  test("gives up on a socket that never welcomes", () => {
    const { net, clock, connection } = connected({ welcome: false });
    net.last.accept();
    clock.advance(10_000);
    assert.equal(connection.state.phase, "waiting");
    clock.advance(250);
    assert.equal(net.sockets.length, 2);
  });
});

describe("answers", () => {
  test("resolve by ref, reject with the server's code, and reject when the socket is lost", async () => {
    const { net, connection } = connected();
    const first = connection.send({ type: "message" });
    const second = connection.send({ type: "message" });
    const third = connection.send({ type: "message" });
    assert.deepEqual(net.last.sent.slice(1).map((frame) => frame.ref), [first.ref, second.ref, third.ref]);
    net.last.says({ type: "error", code: "rate_limited", retry_after: 3, ref: second.ref });
    net.last.says({ type: "ack", ref: first.ref, seq: 1 });
    net.last.drops(1006);
    assert.equal((await first.answer).seq, 1);
    await assert.rejects(second.answer, { code: "rate_limited", retryAfter: 3 });
    await assert.rejects(third.answer, { code: "lost" });
  });

  test("time out after 15 s", async () => {
    const { clock, connection } = connected();
    const { answer } = connection.send({ type: "history" });
    clock.advance(14_999);
    await settled();
    clock.advance(1);
    await assert.rejects(answer, { code: "timeout" });
  });

  test("asking without a connection is answered at once", async () => {
    const { net, connection } = connected();
    net.last.drops(1006);
    await assert.rejects(connection.send({ type: "message" }).answer, { code: "lost" });
  });

  test("what is not JSON is skipped and the socket stays", () => {
    const { net, frames, connection } = connected();
    net.last.onmessage({ data: "<html>" });
    net.last.says({ type: "pong", last_seq: 1 });
    assert.deepEqual(frames.map((frame) => frame.type), ["welcome", "pong"]);
    assert.equal(connection.ready, true);
  });
});

describe("staying alive", () => {
  test("pings every 20 s and is dead after two unanswered pings", () => {
    const { net, clock, connection } = connected();
    const pings = () => net.sockets[0].sent.filter((frame) => frame.type === "ping").length;
    clock.advance(20_000);
    assert.equal(pings(), 1);
    net.last.says({ type: "pong", last_seq: 0 });
    clock.advance(40_000);
    assert.equal(pings(), 3);
    assert.equal(connection.ready, true);
    clock.advance(20_000);
    assert.equal(connection.state.phase, "waiting");
    assert.equal(net.sockets[0].closedWith, 1000);
  });

  test("a page that wakes up does not trust its socket for longer than 5 s", () => {
    const { net, clock, page, connection } = connected();
    page.wake();
    clock.advance(4_999);
    assert.equal(connection.ready, true);
    clock.advance(1);
    assert.equal(connection.state.phase, "waiting");
    assert.equal(net.last.sent.at(-1).type, "ping");
  });

  test("an answered probe keeps the socket", () => {
    const { net, clock, page, connection } = connected();
    page.doubt();
    net.last.says({ type: "pong", last_seq: 0 });
    clock.advance(5_000);
    assert.equal(connection.ready, true);
    assert.equal(net.sockets.length, 1);
  });
});

describe("coming back", () => {
  test("waits a random part of a doubling span, at most 30 s", () => {
    const { net, clock, states } = connected();
    const waits = [];
    net.last.drops(1006);
    for (let round = 0; round < 9; round += 1) {
      const { retryAt } = states.findLast((state) => state.phase === "waiting");
      waits.push(retryAt - clock.now());
      clock.advance(retryAt - clock.now());
      net.last.drops(1006);
    }
    assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  });

  test("begins short again only after the connection held for a while", () => {
    const { net, clock, connection } = connected();
    const lose = (after) => {
      clock.advance(after);
      net.last.drops(1006);
      const wait = connection.state.retryAt - clock.now();
      clock.advance(wait);
      net.last.accept();
      net.last.says({ type: "welcome" });
      return wait;
    };
    assert.deepEqual([lose(0), lose(0), lose(0), lose(10_001)], [250, 500, 1000, 250]);
  });

  test("spreads the clients of a restarting server over seconds", () => {
    const { net, clock, connection } = connected({ random: () => 0.999 });
    net.last.drops(1012);
    assert.ok(connection.state.retryAt - clock.now() > 7_000);
  });

  test("a throttled client stays away for at least 10 s", () => {
    const { net, clock, connection } = connected({ random: () => 0 });
    net.last.drops(4429);
    clock.advance(9_999);
    assert.equal(net.sockets.length, 1);
    clock.advance(1);
    assert.equal(net.sockets.length, 2);
  });

  test("tries at once when the page wakes up, and only once", () => {
    const { net, clock, page } = connected({ random: () => 0.9 });
    net.last.drops(1006);
    page.wake();
    page.wake();
    assert.equal(net.sockets.length, 2);
    clock.advance(9_000);
    assert.equal(net.sockets.length, 2);
  });

  for (const code of FINAL_CODES) {
    test(`does not come back by itself after ${code}`, () => {
      const { net, clock, page, connection } = connected();
      net.last.drops(code);
      page.wake();
      clock.advance(600_000);
      assert.equal(net.sockets.length, 1);
      assert.deepEqual([connection.state.phase, connection.state.code], ["ended", code]);
      connection.retryNow();
      assert.equal(net.sockets.length, 2);
    });
  }

  test("resync asks anew on another socket and hears nothing more from the old one", () => {
    const { net, frames, connection } = connected();
    const old = net.last;
    connection.resync();
    net.last.accept();
    assert.deepEqual(net.last.sent, [{ type: "hello", count: 2 }]);
    old.says({ type: "message" });
    assert.equal(frames.length, 1);
    assert.equal(old.closedWith, 1000);
  });

  test("stop leaves no timer behind", () => {
    const { clock, net, connection } = connected();
    connection.send({ type: "message" });
    connection.stop();
    assert.equal(clock.timers.length, 0);
    assert.equal(net.sockets.length, 1);
  });
});
