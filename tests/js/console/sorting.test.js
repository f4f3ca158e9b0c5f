// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { listOf, neighbour, waiting } from "../../../static/js/console/model/sorting.js";
import { ALICE, BOB, conversation } from "./cast.js";

const minute = (/** @type {number} */ n) => `2026-01-02T12:0${n}:00.000Z`;
const byId = (/** @type {any[]} */ ones) => Object.fromEntries(ones.map((one) => [one.id, one]));
const ids = (/** @type {any[]} */ ones) => ones.map((one) => one.id);

const all = byId([
  conversation({ id: "late", status: "waiting", assigned_to: null, waiting_since: minute(5) }),
  conversation({ id: "early", status: "waiting", assigned_to: null, waiting_since: minute(1) }),
  conversation({ id: "same", status: "waiting", assigned_to: null, waiting_since: minute(1) }),
  conversation({ id: "mine-old", last_at: minute(2) }),
  conversation({ id: "mine-new", last_at: minute(4), last_text: "About the Invoice", tags: ["billing"] }),
  conversation({ id: "bobs", assigned_to: BOB }),
  conversation({ id: "done", status: "closed" }),
]);
const options = /** @type {const} */ ({ me: ALICE.id, filter: "open" });

describe("lists", () => {
  test("the queue shows who has waited longest first, and ties never swap", () => {
    assert.deepEqual(ids(listOf(all, "queue", options)), ["early", "same", "late"]);
  });

  test("mine are the open ones assigned to me, latest word first", () => {
    assert.deepEqual(ids(listOf(all, "mine", options)), ["mine-new", "mine-old"]);
  });

  test("nobody's before the server said who I am", () => {
    assert.deepEqual(listOf(byId([conversation({ assigned_to: null })]), "mine", { me: null, filter: "open" }), []);
  });

  test("all: what waits first, then the rest; closed ones apart", () => {
    assert.deepEqual(ids(listOf(all, "all", options)).slice(0, 3), ["early", "same", "late"]);
    assert.ok(!ids(listOf(all, "all", options)).includes("done"));
    assert.deepEqual(ids(listOf(all, "all", { ...options, filter: "closed" })), ["done"]);
  });

  test("the filter looks at name, text and tags, all words, whatever their case", () => {
    assert.deepEqual(ids(listOf(all, "mine", { ...options, query: "INVOICE vera billing" })), ["mine-new"]);
    assert.deepEqual(listOf(all, "mine", { ...options, query: "invoice nowhere" }), []);
  });
});

describe("waiting", () => {
  const since = "2026-01-02T12:00:00.000Z";
  const at = (/** @type {number} */ seconds) => waiting(since, Date.parse(since) + seconds * 1000)?.level;

  test("turns amber at one minute and red at three", () => {
    assert.deepEqual([at(59), at(60), at(179), at(180)], ["calm", "amber", "amber", "red"]);
  });

  test("a clock that is behind the server's never shows negative time", () => {
    assert.equal(waiting(since, Date.parse(since) - 5000)?.ms, 0);
  });

  test("who does not wait has no time", () => assert.equal(waiting(null, 0), null));
});

describe("J and K", () => {
  const rows = [{ id: "a" }, { id: "b" }];

  test("move by one and stop at the ends", () => {
    assert.equal(neighbour(rows, "a", 1), "b");
    assert.equal(neighbour(rows, "b", 1), "b");
    assert.equal(neighbour(rows, "a", -1), "a");
  });

  test("begin at an end when nothing in the list is chosen", () => {
    assert.equal(neighbour(rows, null, 1), "a");
    assert.equal(neighbour(rows, "elsewhere", -1), "b");
    assert.equal(neighbour([], null, 1), null);
  });
});
