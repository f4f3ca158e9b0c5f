// @ts-check
/**
 * The messages of one conversation in the order of `seq`, each at its newest `rev`.
 *
 * Frames may come twice (resume, another tab) or not at all (fan-out is a hint): `lastSeq` is the end of
 * what is known without a hole, and only it and `lastRev` are told to the server at resume. While there
 * is a hole neither moves, so that the resume brings everything behind it again.
 *
 * @import {Message} from "./types"
 */

export class Transcript {
  /** @param {{gapless?: boolean}} [options] gapless: this reader sees every `seq` (agents), so `prev_seq` is `seq − 1` */
  constructor({ gapless = false } = {}) {
    this.gapless = gapless;
    this.reset();
  }

  reset() {
    /** @type {Map<number, Message>} */
    this.bySeq = new Map();
    /** @type {number[]} ascending */
    this.order = [];
    this.lastSeq = 0;
    this.lastRev = 0;
    this.highestRev = 0;
    this.reachedStart = false;
  }

  /**
   * @param {Message} message
   * @returns {"added"|"changed"|"known"}
   */
  add(message) {
    this.highestRev = Math.max(this.highestRev, message.rev);
    const known = this.bySeq.get(message.seq);
    let outcome = /** @type {"added"|"changed"|"known"} */ ("known");
    if (!known) {
      this.bySeq.set(message.seq, message);
      this.#insert(message.seq);
      outcome = "added";
    } else if (message.rev > known.rev) {
      this.bySeq.set(message.seq, { ...known, ...message });
      outcome = "changed";
    } else if (known.prev_seq === undefined && message.prev_seq !== undefined) {
      known.prev_seq = message.prev_seq; // an `ack` does not say what came before it; history does
    }
    this.#advance();
    return outcome;
  }

  /**
   * Apply a `revised` frame.
   * @param {{seq: number, rev: number, text: string, masked?: Message["masked"], reason?: string, gone?: boolean}} revision
   * @returns {boolean} whether a message changed
   */
  revise({ seq, rev, text, masked, reason, gone }) {
    this.highestRev = Math.max(this.highestRev, rev);
    const known = this.bySeq.get(seq);
    const newer = known !== undefined && rev > known.rev;
    if (known && newer) {
      this.bySeq.set(seq, { ...known, rev, text, masked, gone, edited: known.edited || reason === "edited" });
    }
    this.#advance();
    return newer;
  }

  /** One page of `history`. @param {Message[]} messages @param {boolean} more whether older ones exist */
  addHistory(messages, more) {
    const oldest = this.order[0] ?? Infinity;
    for (const message of messages) this.add(message);
    if (!more && (messages.length === 0 || this.order[0] <= oldest)) this.reachedStart = true;
  }

  /** The message in front of which something may be missing, or null. @returns {Message|null} */
  get gapBefore() {
    const next = this.#after(this.lastSeq);
    return next === undefined ? null : this.bySeq.get(next) ?? null;
  }

  /** @returns {boolean} whether `history` can bring older messages */
  get hasOlder() {
    const first = this.order.length ? this.bySeq.get(this.order[0]) : undefined;
    return !this.reachedStart && first !== undefined && this.#before(first) !== 0;
  }

  /** @returns {Message[]} */
  list() {
    return this.order.map((seq) => /** @type {Message} */ (this.bySeq.get(seq)));
  }

  #before(message) {
    return message.prev_seq ?? (this.gapless || message.seq === 1 ? message.seq - 1 : undefined);
  }

  #insert(seq) {
    let at = this.order.length;
    while (at > 0 && this.order[at - 1] > seq) at -= 1;
    this.order.splice(at, 0, seq);
  }

  #after(seq) {
    let at = this.order.length;
    while (at > 0 && this.order[at - 1] > seq) at -= 1;
    return this.order[at];
  }

  #advance() {
    if (this.lastSeq === 0 && this.order.length) this.lastSeq = this.order[0];
    for (let next = this.#after(this.lastSeq); next !== undefined; next = this.#after(next)) {
      const before = this.#before(/** @type {Message} */ (this.bySeq.get(next)));
      const joins = before === undefined ? next === this.lastSeq + 1 : before <= this.lastSeq;
      if (!joins) return;
      this.lastSeq = next;
    }
    this.lastRev = this.highestRev;
  }
}
