// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

import { tables } from "../../static/js/shared/mask-tables.js";
import { decoded } from "../../static/js/shared/masking/decoding.js";
import { Effort } from "../../static/js/shared/masking/effort.js";
import { MAX_LENGTH, WITHHELD, mask } from "../../static/js/shared/masking/engine.js";
import { folded } from "../../static/js/shared/masking/folding.js";
import { numerals } from "../../static/js/shared/masking/numerals.js";
import { policyFrom } from "../../static/js/shared/masking/policy.js";
import { areEnough, hintsOf } from "../../static/js/shared/masking/prefilter.js";
import { resolved } from "../../static/js/shared/masking/render.js";
import { rows } from "../../static/js/shared/masking/scan.js";
import { isValid } from "../../static/js/shared/masking/ssn.js";
import { issuersOf } from "../../static/js/shared/masking/tables.js";
import { plain, views } from "../../static/js/shared/masking/views.js";

const read = (/** @type {string} */ path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const CARD = "4242 4242 4242 4242";
const HIDDEN = "•••• •••• •••• 4242";

describe("masking in the browser", () => {
  for (const [index, vector] of read("../vectors/masking.json").entries()) {
    test(`vector ${index}: ${vector.about}`, () => {
      const result = mask(vector.text, undefined, vector.context ?? []);
      assert.deepEqual(result, { text: vector.masked, findings: vector.findings });
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
    const once = mask(`${CARD} and 123-45-6789`).text;
    assert.equal(mask(once).text, once);
  });

  test("text without a number is the same text", () => {
    assert.deepEqual(mask("Where is my order? 🙂"), { text: "Where is my order? 🙂", findings: [] });
  });

  test("findings count code points, behind emoji too", () => {
    const [{ start, end }] = mask(`🙂🙂 ${CARD}`).findings;
    assert.deepEqual([start, end], [3, 22]);
  });

  test("the last digits stay only where the rules keep them", async () => {
    assert.equal(mask(CARD, await policyFrom({ keep_last_four: false })).text, "•••• •••• •••• ••••");
    assert.equal(mask(CARD, await policyFrom({})).text, HIDDEN);
  });

  test("a text made to be slow is withheld as a whole", () => {
    const { text, findings } = mask("O0lI1".repeat(1_600));
    assert.equal(text, WITHHELD);
    assert.deepEqual(findings, [{ kind: "withheld", start: 0, end: MAX_LENGTH, rule: "engine", reasons: ["too much to be weighed"] }]);
  });

  test("a lone half of a surrogate pair and NUL do not hide a card", () => {
    assert.equal(mask("\ud8004242\0 4242 4242 4242").text, `\ufffd${HIDDEN}`);
  });
});

describe("folding", () => {
  test("one letter for each code point, whatever plane it is of", () => {
    const text = "Ä𝟒٤\u200b🙂𠀀½€\n";
    assert.equal(folded(text).length, Array.from(text).length);
    assert.equal(folded("Ä𝟒٤ ½€\n"), "a44 ?$\n");
  });
});

describe("decoding", () => {
  test("each character knows where its code stood", () => {
    assert.deepEqual(decoded("a%34&#50;"), { text: "a42", starts: [0, 1, 4], ends: [1, 4, 9] });
  });

  test("what is no UTF-8 is one unknown character a byte", () => {
    assert.equal(decoded("%C3%28%ED%A0%80").text, "\ufffd(\ufffd\ufffd\ufffd");
  });

  test("escaped halves of a surrogate pair are one character, a lone one is unknown", () => {
    assert.equal(decoded("\\ud835\\udfd2 \\ude00").text, "𝟒 \ufffd");
  });
});

describe("numerals", () => {
  const said = (/** @type {string} */ text) => Array.from(numerals(text), ({ digits }) => digits).join(" ");

  test("words of several languages, doubled and joined", () => {
    assert.equal(said("double seven"), "77");
    assert.equal(said("siebenundzwanzig cuarenta y dos"), "27 42");
    assert.equal(said("quatre vingt dix sept"), "97");
    assert.equal(said("fouroneoneone"), "4111");
  });

  test("a word that every object has is no number", () => {
    assert.equal(said("constructor double tostring"), "");
  });
});

describe("prefilter", () => {
  test("ordinary talk is not looked at further", () => {
    assert.equal(areEnough(hintsOf("I ordered 2 shirts on May 4", false)), false);
    assert.equal(areEnough(hintsOf(CARD, false)), true);
    assert.equal(areEnough(hintsOf("four two four two", false)), true);
  });
});

describe("views", () => {
  test("what is invisible is left out, and its place remembered", () => {
    assert.deepEqual(plain("4\u200b2").starts, [0, 2]);
  });

  test("the plain view comes first, then the others that are hinted at", () => {
    const text = "4242 4242 42O2 %34242";
    assert.deepEqual(Array.from(views(text, hintsOf(text)), ([{ name }]) => name), ["plain", "look-alike", "decoded", "decoded"]);
  });
});

describe("scan", () => {
  const sizes = (/** @type {string} */ text) => Array.from(rows(plain(text), new Effort()), (row) => row.sizes.join("-"));

  test("separators and filler words keep a row together, other words and money part it", () => {
    assert.deepEqual(sizes("4242 4242 and then 4242-4242"), ["4-4-4-4"]);
    assert.deepEqual(sizes("4242 4242 4242 hello 123456789"), ["4-4-4", "9"]);
    assert.deepEqual(sizes("123456789 $ 123456789"), ["9", "9"]);
  });
});

describe("tables", () => {
  test("six digits name issuers and lengths, the longest first", () => {
    assert.deepEqual(issuersOf("424242", 0), [[19, "visa"], [16, "visa"], [13, "visa"]]);
    assert.deepEqual(issuersOf("x378282", 1), [[15, "amex"]]);
    assert.deepEqual(issuersOf("000000", 0), []);
  });
});

describe("social security numbers", () => {
  test("only what can have been assigned counts", () => {
    assert.equal(isValid("123456789"), true);
    for (const digits of ["000456789", "666456789", "912456789", "123006789", "123450000"]) assert.equal(isValid(digits), false, digits);
  });
});

describe("render", () => {
  test("overlapping numbers are one, and the longest speaks for it", () => {
    const number = (/** @type {string} */ kind, /** @type {number} */ start, /** @type {number} */ end) =>
      ({ kind, start, end, rule: kind, explain: () => [], kept: 4, digits: "", places: [] });
    const [one, ...others] = resolved([number("phone", 5, 14), number("card", 0, 9)]);
    assert.deepEqual([one.kind, one.start, one.end, others.length], ["card", 0, 14, 0]);
  });
});

describe("packs", () => {
  const hidden = async (/** @type {string} */ pack, /** @type {string} */ text) => mask(text, await policyFrom({ packs: [pack] })).text;

  test("each hides its own and only where it is switched on", async () => {
    assert.equal(await hidden("email", "write to vera@shop.example"), "write to [email]");
    assert.equal(await hidden("phone", "call +1 415 555 0134"), "call +• ••• ••• ••••");
    assert.equal(await hidden("iban", "DE89 3704 0044 0532 0130 00"), "•••• •••• •••• •••• •••• ••");
    assert.equal(await hidden("cpf", "529.982.247-25"), "•••.•••.•••-••");
    assert.equal(await hidden("secret", "password: hunter2"), "password: [secret]");
    assert.equal(await hidden("email", "call +1 415 555 0134"), "call +1 415 555 0134");
  });

  test("one that this page does not know yet is left to the server", async () => {
    assert.equal(await hidden("plates", CARD), HIDDEN);
  });
});
