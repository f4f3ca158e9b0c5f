// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { textOn } from "../../static/js/shared/contrast.js";

test("text is black on light colours and white on dark ones, and never hard to read", () => {
  assert.deepEqual(textOn("#ffffff"), { text: "#000000", ratio: 21 });
  assert.equal(textOn("#1f5fd6").text, "#ffffff");
  assert.equal(textOn("#ffd400").text, "#000000");
  for (let step = 0; step < 4096; step += 1) {
    const color = `#${[step >> 8, (step >> 4) & 15, step & 15].map((part) => (part * 17).toString(16).padStart(2, "0")).join("")}`;
    assert.ok(textOn(color).ratio >= 4.5, color);
  }
});
