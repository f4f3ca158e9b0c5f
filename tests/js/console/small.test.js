// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { typingSignal } from "../../../static/js/console/live/typing.js";
import { charactersLeft, createDrafts } from "../../../static/js/console/model/drafts.js";
import { CATALOGUE, explain } from "../../../static/js/console/model/errors.js";
import { conversationOf, pathOf } from "../../../static/js/console/model/route.js";
import { createStore } from "../../../static/js/console/model/store.js";
import { createPrefs } from "../../../static/js/console/prefs.js";
import { Clock } from "../fakes.js";
import { CHAT } from "./cast.js";

describe("addresses", () => {
  test("a conversation's address leads back to it", () => {
    assert.equal(conversationOf(pathOf(CHAT, "/console/"), "/console/"), CHAT);
    assert.equal(pathOf(null, "/console/"), "/console/");
  });

  test("anything that is no id names no conversation", () => {
    for (const path of ["/console/", "/console/c/", "/console/c/1", `/elsewhere/c/${CHAT}`, `/console/c/${CHAT}x`, "/console/c/../admin/"]) {
      assert.equal(conversationOf(path, "/console/"), null, path);
    }
  });
});

describe("drafts", () => {
  test("reply and note of one conversation are two drafts", () => {
    const drafts = createDrafts();
    drafts.set(CHAT, "note", "between us");
    assert.equal(drafts.get(CHAT, "reply"), "");
    assert.equal(drafts.get(CHAT, "note"), "between us");
  });

  test("only text with something in it is worth a warning", () => {
    const drafts = createDrafts();
    drafts.set(CHAT, "reply", "  \n");
    assert.equal(drafts.unsaved, false);
    drafts.set(CHAT, "reply", "x");
    assert.equal(drafts.unsaved, true);
    drafts.set(CHAT, "reply", "");
    assert.equal(drafts.unsaved, false);
  });

  test("characters count as code points, from 7,500 on", () => {
    assert.equal(charactersLeft("a".repeat(7499)), null);
    assert.equal(charactersLeft("a".repeat(7500)), 500);
    assert.equal(charactersLeft("😀".repeat(4000)), null);
    assert.equal(charactersLeft("😀".repeat(8001)), -1);
  });
});

describe("errors", () => {
  const codes = ["bad_frame", "too_long", "rate_limited", "not_found", "forbidden", "already_assigned", "queue_empty", "closed", "conflict", "unavailable"];

  test("every code of the protocol has its sentence", () => assert.deepEqual(Object.keys(CATALOGUE).sort(), [...codes].sort()));

  test("an unknown code is shown, and a name of Object is no code", () => {
    assert.equal(explain({ code: "brand_new", detail: "So it is." }).code, "brand_new");
    assert.equal(explain({ code: "constructor" }).retry, false);
    assert.equal(explain({}).code, "unknown");
  });

  test("only a sensible waiting time is believed", () => {
    assert.equal(explain({ code: "rate_limited", retry_after: 3 }).retryAfter, 3);
    assert.equal(explain({ code: "rate_limited", retry_after: "soon" }).retryAfter, null);
  });
});

describe("typing", () => {
  function signal() {
    const clock = new Clock();
    /** @type {[string, boolean][]} */
    const told = [];
    return { clock, told, typing: typingSignal({ clock, tell: (id, active) => told.push([id, active]) }) };
  }

  test("is told at most every three seconds and ends after five of silence", () => {
    const { clock, told, typing } = signal();
    for (let at = 0; at < 3; at += 1) {
      typing.typed("a");
      clock.advance(1000);
    }
    typing.typed("a");
    assert.deepEqual(told, [["a", true], ["a", true]]);
    clock.advance(5000);
    assert.deepEqual(told.at(-1), ["a", false]);
  });

  test("ends in one conversation when it begins in another", () => {
    const { told, typing } = signal();
    typing.typed("a");
    typing.typed("b");
    assert.deepEqual(told, [["a", true], ["a", false], ["b", true]]);
  });

  test("stopping twice says it once", () => {
    const { told, typing } = signal();
    typing.typed("a");
    typing.stop();
    typing.stop();
    assert.deepEqual(told, [["a", true], ["a", false]]);
  });
});

describe("the store", () => {
  test("tells once about many changes, and not about none", () => {
    /** @type {(() => void)[]} */
    const due = [];
    const store = createStore((/** @type {number} */ n, /** @type {number} */ by) => n + by, 0, (run) => due.push(run));
    /** @type {number[][]} */
    const heard = [];
    store.subscribe((now, before) => heard.push([now, before]));
    store.dispatch(0);
    assert.equal(due.length, 0);
    store.dispatch(1);
    store.dispatch(2);
    for (const run of due) run();
    assert.deepEqual(heard, [[3, 0]]);
  });
});

describe("preferences", () => {
  const broken = { getItem: () => "{not json", setItem: () => { throw new Error("full"); } };

  test("work without storage, for this page", () => {
    for (const storage of [() => { throw new Error("forbidden"); }, () => /** @type {any} */ (broken)]) {
      const prefs = createPrefs(storage);
      assert.equal(prefs.get("singleKeys"), true);
      prefs.set("singleKeys", false);
      assert.equal(prefs.get("singleKeys"), false);
    }
  });

  test("believe only values of the right kind", () => {
    const prefs = createPrefs(() => /** @type {any} */ ({ getItem: () => '{"singleKeys":"yes","view":"mine","else":1}' }));
    assert.equal(prefs.get("singleKeys"), true);
    assert.equal(prefs.get("view"), "mine");
  });
});
