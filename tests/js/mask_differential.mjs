// Masks every case of a file of JSON lines and prints what came of it, one line each: tests/security/masking/test_browser.py
// compares. A text that does not settle is no result but an error, as it is in Python.
import { readFileSync } from "node:fs";

import { mask } from "../../static/js/shared/masking/engine.js";
import { policyFrom } from "../../static/js/shared/masking/policy.js";

const results = [];
for (const line of readFileSync(process.argv[2], "utf8").split("\n").filter(Boolean)) {
  const { text, rules = {}, context = [] } = JSON.parse(line);
  try {
    results.push(mask(text, await policyFrom(rules), context));
  } catch (error) {
    results.push({ error: error.message });
  }
}
process.stdout.write(results.map((result) => `${JSON.stringify(result)}\n`).join(""));
