// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { announcer } from "../../static/js/shared/announce.js";
import { parts } from "../../static/js/shared/linkify.js";
import { formats, sameDay } from "../../static/js/shared/time.js";
import { Clock } from "./fakes.js";

const links = (text) => parts(text).flatMap((part) => (part.kind === "link" ? [part.text] : []));

describe("links", () => {
  const cases = [
    ["see https://shop.example/a?b=c#d, please", ["https://shop.example/a?b=c#d"]],
    ["(https://en.example/wiki/Foo_(bar))", ["https://en.example/wiki/Foo_(bar)"]],
    ["HTTPS://EXAMPLE.COM!", ["HTTPS://EXAMPLE.COM"]],
    ["javascript:alert(1) data:text/html,x ftp://a.example", []],
    ["https://user:secret@evil.example", []],
    ["http://", []],
    ["https://a.example/\u202egnp.exe", ["https://a.example/"]],
  ];
  for (const [text, expected] of cases) {
    test(JSON.stringify(text), () => assert.deepEqual(links(String(text)), expected));
  }

  test("parts joined are the text, byte for byte", () => {
    for (const text of ["", "a", "x https://a.example. y", "card •••• •••• •••• 4242!", "🙂 https://ä.example/ü ok"]) {
      assert.equal(parts(text).map((part) => part.text).join(""), text);
    }
  });

  test("hidden digits are one part", () => {
    const masked = parts("my •••• •••• •••• 4242, ssn •••-••-••••.").filter((part) => part.kind === "masked");
    assert.deepEqual(masked.map((part) => part.text), ["•••• •••• •••• 4242", "•••-••-••••"]);
  });

  test("a hostile text of 100 KB takes no time", () => {
    const began = performance.now();
    for (const unit of ["http://", "https://a)", "•   ", "1234 ", "(((", "https://a/" + ")".repeat(1990)]) {
      parts(unit.repeat(Math.ceil(100_000 / unit.length)));
    }
    assert.ok(performance.now() - began < 1_000);
  });
});

describe("days and times", () => {
  const english = formats("en-GB");
  const now = new Date(2026, 2, 5, 9, 0);
  test("are named as a reader would", () => {
    assert.equal(english.day(new Date(2026, 2, 5, 0, 1), now), "Today");
    assert.equal(english.day(new Date(2026, 2, 4, 23, 59), now), "Yesterday");
    assert.match(english.day(new Date(2026, 2, 2), now), /Monday/);
    assert.match(english.day(new Date(2025, 2, 2), now), /2025/);
  });
  test("spans show one unit", () => {
    assert.deepEqual([59_999, 60_000, 7_200_000].map(english.span), ["59s", "1m", "2h"]);
  });
  test("an unknown locale falls back and does not throw", () => {
    assert.ok(formats("not a locale").clock(now));
  });
  test("midnight separates days", () => {
    assert.equal(sameDay(new Date(2026, 2, 4, 23, 59), new Date(2026, 2, 5, 0, 1)), false);
  });
});

describe("announcer", () => {
  test("says each sentence once, not faster than told, and clears", () => {
    const clock = new Clock();
    const region = { textContent: "" };
    const voice = announcer(region, { every: 2_000, clock, summary: (count) => `${count} messages` });
    voice.say("one");
    clock.advance(0);
    assert.equal(region.textContent, "one");
    voice.say("two");
    voice.say("three");
    clock.advance(1_999);
    assert.equal(region.textContent, "one");
    clock.advance(1);
    assert.equal(region.textContent, "two\nthree");
    for (const word of ["a", "b", "c", "d"]) voice.say(word);
    clock.advance(2_000);
    assert.equal(region.textContent, "4 messages");
    clock.advance(5_000);
    assert.equal(region.textContent, "");
  });
});
