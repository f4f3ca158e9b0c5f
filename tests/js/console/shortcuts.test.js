// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { caps, commands, createMatcher, SHORTCUTS, spell } from "../../../static/js/console/model/shortcuts.js";

const OUTSIDE = { typing: false, singleKeys: true };

/** Presses that make a row's keys. @param {string} keys */
function presses(keys) {
  return keys.split(" ").map((step) => {
    const parts = step.split("+");
    const key = parts.at(-1) ?? "";
    return { key, ctrlKey: parts.includes("Mod"), altKey: parts.includes("Alt"), shiftKey: parts.includes("Shift") };
  });
}

/** What the matcher says at the last press of `keys`. @param {string} keys @param {any} situation */
function pressed(keys, situation) {
  const match = createMatcher(SHORTCUTS, () => 0);
  return presses(keys).map((press) => match(press, situation)).at(-1);
}

const live = SHORTCUTS.filter((row) => row.where !== "composer");

describe("the table", () => {
  test("names every handler and every key once", () => {
    assert.equal(new Set(SHORTCUTS.map((row) => row.id)).size, SHORTCUTS.length);
    assert.equal(new Set(SHORTCUTS.map((row) => row.keys)).size, SHORTCUTS.length);
  });

  test("has no key that is also the beginning of a sequence", () => {
    const beginnings = live.filter((row) => row.keys.includes(" ")).map((row) => row.keys.split(" ")[0]);
    assert.deepEqual(live.filter((row) => beginnings.includes(row.keys)), []);
  });

  for (const row of live) {
    test(`${row.keys} runs ${row.id}`, () => assert.equal(pressed(row.keys, OUTSIDE), row.id));

    test(`${row.keys} ${row.where === "anywhere" ? "works" : "is silent"} while somebody types`, () => {
      assert.equal(pressed(row.keys, { typing: true, singleKeys: true }), row.where === "anywhere" ? row.id : null);
    });

    test(`${row.keys} ${row.where === "anywhere" ? "stays" : "is gone"} when single keys are switched off`, () => {
      assert.equal(pressed(row.keys, { typing: false, singleKeys: false }), row.where === "anywhere" ? row.id : null);
    });
  }
});

describe("matching", () => {
  test("a sequence must be quick", () => {
    let now = 0;
    const match = createMatcher(SHORTCUTS, () => now);
    match({ key: "g" }, OUTSIDE);
    now = 1201;
    assert.equal(match({ key: "m" }, OUTSIDE), null);
  });

  test("a sequence that is broken off leaves nothing behind", () => {
    const match = createMatcher(SHORTCUTS, () => 0);
    match({ key: "g" }, OUTSIDE);
    assert.equal(match({ key: "x" }, OUTSIDE), null);
    assert.equal(match({ key: "m" }, OUTSIDE), null);
  });

  test("a sequence does not span a field: g, then typing m, then m", () => {
    const match = createMatcher(SHORTCUTS, () => 0);
    match({ key: "g" }, OUTSIDE);
    match({ key: "m" }, { typing: true, singleKeys: true });
    assert.equal(match({ key: "m" }, OUTSIDE), null);
  });

  test("holding a key down takes one conversation, not all of them", () => {
    const match = createMatcher(SHORTCUTS, () => 0);
    assert.equal(match({ key: "n", repeat: true }, OUTSIDE), null);
  });

  test("composing text with an input method is typing", () => {
    const match = createMatcher(SHORTCUTS, () => 0);
    assert.equal(match({ key: "n", isComposing: true }, OUTSIDE), null);
  });

  test("Ctrl N is the browser's, not ours", () => {
    const match = createMatcher(SHORTCUTS, () => 0);
    assert.equal(match({ key: "n", ctrlKey: true }, OUTSIDE), null);
  });

  test("? needs Shift on one keyboard and not on another; a letter with Shift is another key", () => {
    assert.equal(spell({ key: "?", shiftKey: true }), spell({ key: "?" }));
    assert.notEqual(spell({ key: "N", shiftKey: true }), spell({ key: "n" }));
    assert.equal(spell({ key: "N" }), "n", "caps lock");
  });
});

describe("showing", () => {
  test("caps speak the platform's language", () => {
    assert.deepEqual(caps("Mod+k", true), [["⌘", "K"]]);
    assert.deepEqual(caps("Mod+Shift+e", false), [["Ctrl", "Shift", "E"]]);
    assert.deepEqual(caps("g m", false), [["G"], ["M"]]);
  });

  test("the palette finds by all words in any order and offers commands only", () => {
    assert.deepEqual(commands(SHORTCUTS, "queue take").map((row) => row.id), ["next"]);
    assert.deepEqual(commands(SHORTCUTS, "new line"), []);
    assert.ok(commands(SHORTCUTS, "").length > 10);
  });
});
