// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Masking } from "../../static/js/widget/masking.js";

const PHONE = "call +1 415 555 0134";
const HIDDEN = "call +• ••• ••• ••••";
const CARD = "4242 4242 4242 4242";
const PHONES = new Set(["phone"]);

function masking(rules = {}) {
  const found = new Masking();
  found.follow({ packs: ["email", "phone"], keep_last_four: true, may_undo: true, ...rules });
  return found;
}

describe("a wrong hit taken back", () => {
  test("is sent as typed, and named for the server", async () => {
    const { text, findings, undone } = await masking().look(PHONE, PHONES);
    assert.deepEqual({ text, findings, undone }, { text: PHONE, findings: [], undone: ["phone"] });
  });

  test("takes nothing else back", async () => {
    const { text, undone } = await masking().look(`${PHONE}, a@b.example, ${CARD}`, new Set(["phone", "card"]));
    assert.equal(text, `${PHONE}, [email], •••• •••• •••• 4242`);
    assert.deepEqual(undone, ["phone"]);
  });

  test("is named only where there is something to take back", async () => {
    assert.deepEqual((await masking().look("Hello", PHONES)).undone, []);
    assert.deepEqual((await masking().look(PHONE)).undone, []);
  });

  test("counts only where the site allows it", async () => {
    for (const rules of [{ may_undo: false }, { may_undo: undefined }]) {
      const { text, undone } = await masking(rules).look(PHONE, PHONES);
      assert.deepEqual({ text, undone }, { text: HIDDEN, undone: [] });
    }
  });

  test("is offered for the site's packs alone", () => {
    const kinds = ["phone", "email", "iban", "card", "ssn", "cvv", "expiry", "withheld"];
    assert.deepEqual(kinds.filter((kind) => masking().mayUndo(kind)), ["phone", "email"]);
    assert.deepEqual(kinds.filter((kind) => masking({ may_undo: false }).mayUndo(kind)), []);
    assert.equal(new Masking().mayUndo("phone"), false);
  });

  test("is over where new rules end it", async () => {
    const found = masking();
    assert.equal((await found.look(PHONE, PHONES)).text, PHONE);
    assert.equal(found.follow({ packs: ["email", "phone"], keep_last_four: true, may_undo: false }), true);
    assert.equal((await found.look(PHONE, PHONES)).text, HIDDEN);
    assert.equal(found.follow({ packs: ["email", "phone"], keep_last_four: true, may_undo: false }), false);
    assert.equal(found.follow({ packs: [], keep_last_four: true, may_undo: false }), true);
    assert.equal((await found.look(PHONE, PHONES)).text, PHONE);
  });
});
