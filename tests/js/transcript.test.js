// @ts-check
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Transcript } from "../../static/js/shared/transcript.js";

const message = (seq, rest = {}) => ({
  id: `id-${seq}`, seq, prev_seq: seq - 1, rev: seq, text: `text ${seq}`, author: { kind: "agent" }, sent_at: "", ...rest,
});
const seqs = (transcript) => transcript.list().map((each) => each.seq);

describe("order", () => {
  test("is by seq, whatever the order of arrival", () => {
    const transcript = new Transcript();
    for (const seq of [3, 1, 2]) transcript.add(message(seq));
    assert.deepEqual(seqs(transcript), [1, 2, 3]);
  });

  test("a message that comes twice is there once, and the newest rev wins", () => {
    const transcript = new Transcript();
    assert.equal(transcript.add(message(1, { rev: 4, text: "masked" })), "added");
    assert.equal(transcript.add(message(1, { rev: 1, text: "old" })), "known");
    assert.equal(transcript.list()[0].text, "masked");
    assert.equal(transcript.add(message(1, { rev: 5, text: "newer" })), "changed");
    assert.equal(transcript.list()[0].text, "newer");
  });
});

describe("holes", () => {
  test("hidden messages are no hole, missing ones are", () => {
    const transcript = new Transcript();
    transcript.add(message(1));
    transcript.add(message(5, { prev_seq: 1 }));
    assert.equal(transcript.gapBefore, null);
    transcript.add(message(9, { prev_seq: 7 }));
    assert.equal(transcript.gapBefore?.seq, 9);
    assert.deepEqual([transcript.lastSeq, transcript.lastRev], [5, 5]);
  });

  test("nothing moves on until the hole is filled, then everything does", () => {
    const transcript = new Transcript();
    transcript.add(message(1));
    transcript.add(message(3));
    transcript.add(message(4));
    assert.equal(transcript.lastSeq, 1);
    transcript.add(message(2));
    assert.deepEqual([transcript.lastSeq, transcript.lastRev, transcript.gapBefore], [4, 4, null]);
  });

  test("an ack, which does not say what came before it, is doubted unless it is the next", () => {
    const transcript = new Transcript();
    transcript.add(message(1));
    transcript.add(message(2, { prev_seq: undefined }));
    assert.equal(transcript.gapBefore, null);
    transcript.add(message(4, { prev_seq: undefined }));
    assert.equal(transcript.gapBefore?.seq, 4);
    transcript.addHistory([message(4, { prev_seq: 2 })], true);
    assert.equal(transcript.gapBefore, null);
  });

  test("a reader of everything needs no prev_seq", () => {
    const transcript = new Transcript({ gapless: true });
    transcript.add(message(1, { prev_seq: undefined }));
    transcript.add(message(3, { prev_seq: undefined }));
    assert.equal(transcript.gapBefore?.seq, 3);
  });
});

describe("revisions", () => {
  test("change the text, count for lastRev, and never go back", () => {
    const transcript = new Transcript();
    transcript.add(message(1));
    assert.equal(transcript.revise({ seq: 1, rev: 3, text: "after", reason: "edited" }), true);
    assert.equal(transcript.revise({ seq: 1, rev: 2, text: "late" }), false);
    assert.deepEqual([transcript.list()[0].text, transcript.list()[0].edited, transcript.lastRev], ["after", true, 3]);
  });

  test("of a message that is not loaded only move lastRev", () => {
    const transcript = new Transcript();
    transcript.add(message(8));
    assert.equal(transcript.revise({ seq: 2, rev: 9, text: "" }), false);
    assert.deepEqual([seqs(transcript), transcript.lastRev], [[8], 9]);
  });
});

describe("history", () => {
  test("goes in front, and ends where the server says or at the first message", () => {
    const transcript = new Transcript();
    transcript.add(message(30));
    assert.equal(transcript.hasOlder, true);
    transcript.addHistory([message(28), message(29)], true);
    assert.deepEqual([seqs(transcript), transcript.hasOlder], [[28, 29, 30], true]);
    transcript.addHistory([message(27, { prev_seq: 12 })], false);
    assert.equal(transcript.hasOlder, false);
  });

  test("a message with nothing before it is the beginning", () => {
    const transcript = new Transcript();
    transcript.add(message(4, { prev_seq: 0 }));
    assert.equal(transcript.hasOlder, false);
  });
});
