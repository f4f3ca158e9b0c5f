// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { threadRows } from "../../../static/js/console/model/grouping.js";
import { ALICE, message } from "./cast.js";

const utcDay = (/** @type {string} */ at) => at.slice(0, 10);
const at = (/** @type {string} */ time) => ({ sent_at: `2026-01-02T${time}.000Z` });
const agent = { author: { kind: "agent", ...ALICE } };

/** @param {any[]} messages @param {any} [options] */
function shape(messages, options = {}) {
  return threadRows(messages, { dayOf: utcDay, ...options }).map((row) => {
    if (row.kind !== "bubble") return row.kind;
    return `${row.message.seq}${row.first ? "[" : ""}${row.last ? "]" : ""}`;
  });
}

describe("rows of a thread", () => {
  test("one sender within five minutes is one group", () => {
    const five = [message(1, at("12:00:00")), message(2, at("12:05:00")), message(3, at("12:10:01"))];
    assert.deepEqual(shape(five), ["day", "1[", "2]", "3[]"]);
  });

  test("another sender begins another group, and a note is not a reply of the same agent", () => {
    const note = { author: { kind: "note", ...ALICE } };
    assert.deepEqual(shape([message(1), message(2, agent), message(3, note)]), ["day", "1[]", "2[]", "3[]"]);
  });

  test("midnight begins a day and ends a group", () => {
    const night = [message(1, { sent_at: "2026-01-02T23:59:00.000Z" }), message(2, { sent_at: "2026-01-03T00:01:00.000Z" })];
    assert.deepEqual(shape(night), ["day", "1[]", "day", "2[]"]);
  });

  test("a system message stands alone between groups", () => {
    const system = { author: { kind: "system", id: null, name: "" }, code: "assigned" };
    assert.deepEqual(shape([message(1), message(2, system), message(3)]), ["day", "1[]", "system", "3[]"]);
  });

  test("the New line stands before the first unseen message, once, and cuts its group", () => {
    assert.deepEqual(shape([message(1), message(2), message(3)], { newAfter: 1 }), ["day", "1[]", "new", "2[", "3]"]);
  });

  test("no New line when all was seen", () => {
    assert.deepEqual(shape([message(1)], { newAfter: 1 }), ["day", "1[]"]);
    assert.deepEqual(shape([message(1)], { newAfter: null }), ["day", "1[]"]);
  });

  test("keys are unique, so that rows keep their elements", () => {
    const rows = threadRows([message(1), message(2, agent), message(3)], { newAfter: 1, dayOf: utcDay });
    assert.equal(new Set(rows.map((row) => row.key)).size, rows.length);
  });
});
