/**
 * The transcripts of the conversations this tab has opened, and what the store must know of each. DOM-free.
 * A Transcript changes in place; what leaves here is a fresh list, so that views can compare by identity.
 */
import { Transcript } from "../../shared/transcript.js";

/** @typedef {import("../model/types.js").Message} Message */

export class Book {
  constructor() {
    /** @type {Map<string, Transcript>} */
    this.transcripts = new Map();
    /** @type {Map<string, string>} typed text of own messages that the server holds back, by message id */
    this.heldTexts = new Map();
  }

  /** Nothing of it may be shown any more. */
  forget() {
    this.transcripts.clear();
    this.heldTexts.clear();
  }

  /** @param {string} id */
  open(id) {
    let transcript = this.transcripts.get(id);
    if (!transcript) {
      transcript = new Transcript({ gapless: true });
      this.transcripts.set(id, transcript);
    }
    return transcript;
  }

  /** @param {string} id */
  has(id) {
    return this.transcripts.has(id);
  }

  /**
   * One message of a frame. A conversation that was never opened keeps none: opening it asks for its history.
   * @param {string} id
   * @param {Message} message
   * @returns {boolean} whether it was new
   */
  add(id, message) {
    return this.has(id) && this.open(id).add(message) === "added";
  }

  /**
   * @param {string} id
   * @param {Message[]} messages
   * @param {boolean} more
   */
  page(id, messages, more) {
    this.open(id).addHistory(messages, more);
  }

  /**
   * @param {string} id
   * @param {any} frame `revised`
   */
  revise(id, frame) {
    this.heldTexts.delete(frame.id);
    return this.has(id) && this.open(id).revise(frame);
  }

  /**
   * The store's part of a thread.
   * @param {string} id
   */
  patch(id) {
    const transcript = this.open(id);
    const messages = transcript.list().map((message) => {
      const typed = this.heldTexts.get(message.id);
      return typed === undefined ? message : { ...message, text: typed };
    });
    return { messages, hasOlder: transcript.hasOlder };
  }

  /**
   * Where the first hole ends: the `seq` before which history is missing, or null.
   * @param {string} id
   */
  holeBefore(id) {
    return this.transcripts.get(id)?.gapBefore?.seq ?? null;
  }

  /**
   * What `hello` tells the server, so that it sends only what is missing.
   * @param {Iterable<string>} ids
   * @returns {Record<string, [number, number]>}
   */
  positions(ids) {
    /** @type {Record<string, [number, number]>} */
    const open = {};
    for (const id of ids) {
      const transcript = this.transcripts.get(id);
      if (transcript && transcript.lastSeq > 0) open[id] = [transcript.lastSeq, transcript.lastRev];
    }
    return open;
  }
}
