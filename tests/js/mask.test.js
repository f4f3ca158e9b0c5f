// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

import { MAX_LENGTH, mask } from "../../static/js/shared/mask.js";
import { tables } from "../../static/js/shared/mask-tables.js";

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));

/** What was found and where; the server's reasons are weighed, which the browser's copy does not do yet. */
const places = (/** @type {any} */ masked) =>
  masked.findings.map((/** @type {any} */ { kind, start, end, rule }) => ({ kind, start, end, rule }));

describe("masking in the browser", () => {
  for (const [index, vector] of read("../vectors/masking.json").entries()) {
    test(`vector ${index}: ${vector.about}`, () => {
      const result = mask(vector.text, vector.context ?? []);
      assert.deepEqual({ text: result.text, findings: places(result) }, { text: vector.masked, findings: places(vector) });
    });
  }

  test("its tables are the server's", () => {
    assert.deepEqual(tables, read("../../security/masking/tables.json"));
  });

  test("what is too long is refused, counted in code points", () => {
    assert.equal(mask("😀".repeat(MAX_LENGTH)).text.length, 2 * MAX_LENGTH);
    assert.throws(() => mask("a".repeat(MAX_LENGTH + 1)), RangeError);
  });

  test("masked text stays as it is", () => {
    const once = mask("4242424242424242 and 123-45-6789").text;
    assert.equal(mask(once).text, once);
  });
});
