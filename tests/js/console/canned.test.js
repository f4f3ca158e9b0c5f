// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { cannedResponses } from "../../../static/js/console/live/canned.js";
import { gapsIn, inserted, matching, nextGap, slashAt } from "../../../static/js/console/model/canned.js";

const row = (/** @type {string} */ shortcut, title = "", text = "") => ({ id: shortcut, shortcut, title, text, department: null });
const REFUND = row("refund", "Money back", "Your order {{order number}} is refunded on {{day}}.");

describe("the slash", () => {
  test("counts at the start and after a space, up to the caret", () => {
    assert.deepEqual(slashAt("/", 1), { from: 0, query: "" });
    assert.deepEqual(slashAt("Hi /ref you", 7), { from: 3, query: "ref" });
    assert.deepEqual(slashAt("Hi\n/r", 5), { from: 3, query: "r" });
  });

  test("inside a word, an address or before another word is only a slash", () => {
    for (const text of ["and/or", "https://shop.example/", "/ref und", "", "no slash"]) assert.equal(slashAt(text, text.length), null, text);
  });
});

describe("what matches", () => {
  test("is looked for in shortcut, title and text, the best first", () => {
    const all = [row("bye", "Goodbye", "No refund"), row("money", "Refund rules"), row("norefund"), row("refund")];
    assert.deepEqual(matching(all, "REF").map((one) => one.shortcut), ["refund", "norefund", "money", "bye"]);
    assert.deepEqual(matching(all, "zzz"), []);
    assert.equal(matching(all, "").length, 4);
  });
});

describe("an inserted reply", () => {
  test("stands where the slash was, and what was around it stays", () => {
    const edited = inserted("Dear Vera, /bye and more", { from: 11 }, 15, "Goodbye");
    assert.deepEqual(edited, { text: "Dear Vera, Goodbye and more", start: 18, end: 18 });
  });

  test("has its first gap selected, and Tab leads to the others and then out", () => {
    const { text, start, end } = inserted("/ref", { from: 0 }, 4, REFUND.text);
    assert.equal(text.slice(start, end), "{{order number}}");
    const gaps = gapsIn(text, [REFUND]);
    assert.deepEqual(gaps.map((gap) => gap.name), ["order number", "day"]);
    const second = nextGap(gaps, { start, end }, false);
    assert.equal(second, gaps[1]);
    assert.equal(nextGap(gaps, gaps[1], false), null);
    assert.equal(nextGap(gaps, gaps[1], true), gaps[0]);
  });

  test("braces of nobody's reply are no gap", () => {
    assert.deepEqual(gapsIn("Write {{ user.name }} there", [REFUND]), []);
  });
});

describe("the list", () => {
  const listed = (/** @type {any} */ answer, clock = { now: 0 }) => {
    const asked = { times: 0 };
    const ask = /** @type {any} */ (async () => {
      asked.times += 1;
      return { ok: answer.ok ?? true, json: async () => answer };
    });
    const list = cannedResponses({ url: "/x", tenant: () => "acme", now: () => clock.now, signal: new AbortController().signal, ask });
    return { list, asked };
  };

  test("is asked for once a minute", async () => {
    const clock = { now: 0 };
    const { list, asked } = listed({ tenant: "acme", responses: [REFUND] }, clock);
    assert.equal(await list.refresh(), true);
    assert.equal(await list.refresh(), false);
    clock.now = 60_001;
    await list.refresh();
    assert.deepEqual([asked.times, list.all], [2, [REFUND]]);
  });

  test("of another organisation is not taken, and a refusal is asked again", async () => {
    for (const answer of [{ tenant: "rival", responses: [REFUND] }, { ok: false }]) {
      const { list, asked } = listed(answer);
      assert.equal(await list.refresh(), false);
      await list.refresh();
      assert.deepEqual([asked.times, list.all], [2, []]);
    }
  });
});
