// @ts-check
/**
 * The visitor's side of one chat, without a page: frames in, what is known out. Views ask it and are told
 * when something changed; what they show is always made from the whole, never from a single event.
 *
 * @import {Listener, Message, Site, Status} from "./types"
 */
import { Connection, systemClock } from "../shared/connection.js";
import { Outbox } from "../shared/outbox.js";
import { Transcript } from "../shared/transcript.js";

export const HISTORY_PAGE = 30;
const GAP_PAGE = 100;
const TYPING_SHOWN_FOR = 8_000;
const LATE_FRAMES_WITHIN = 2_000;

export class Chat {
  /**
   * @param {object} options
   * @param {string} options.url
   * @param {Listener} options.listener
   * @param {() => object} options.about what `hello` tells besides the position: page, locale, profile …
   * @param {import("../shared/types").Clock} [options.clock]
   * @param {object} [options.network] for Connection: WebSocketImpl, random, watch
   * @param {() => string} [options.uuid]
   * @param {{conversation: string, seq: number}|null} [options.seen] how far the visitor had read on an earlier page
   */
  constructor({ url, listener, about, clock = systemClock, network = {}, uuid, seen = null }) {
    this.listener = listener;
    this.about = about;
    this.clock = clock;
    this.seen = seen;
    this.connection = new Connection({
      url, clock, ...network,
      hello: () => ({ type: "hello", token: this.token, ...this.#position(), ...about() }),
      onFrame: (frame) => this.#receive(frame),
      onState: () => listener.changed(),
    });
    this.outbox = new Outbox({ connection: this.connection, clock, onChange: () => listener.changed(), ...(uuid ? { uuid } : {}) });
    this.transcript = new Transcript();
    /** @type {Site|null} */
    this.site = null;
    this.#blank();
  }

  #blank() {
    /** @type {string|null} in page memory only */
    this.token = null;
    /** @type {string|null} */
    this.conversation = null;
    /** @type {Status} */
    this.status = "none";
    /** @type {number|null} */
    this.position = null;
    this.storesNothing = false;
    this.readSeq = 0;
    this.seenSeq = 0;
    this.caughtUpTo = 0;
    this.acknowledged = false;
    this.fillingGap = false;
    this.resyncedFor = 0;
    this.loadingOlder = false;
    /** @type {Message[][]} conversations that ended while this page was open */
    this.earlier = [];
    /** @type {{name: string}|null} */
    this.typist = null;
    this.typistTimer = null;
    this.transcript.reset();
  }

  /** Forget everything and begin as somebody new. */
  restart() {
    this.connection.stop();
    for (const item of this.outbox.list()) this.outbox.discard(item.clientId);
    this.#blank();
    this.connection.start();
    this.listener.changed();
  }

  /** @param {string} text already masked as far as this device can @param {readonly string[]} [unmasked] packs that the visitor called wrong in it */
  say(text, unmasked = []) {
    return this.outbox.add({ type: "message", text, ...(unmasked.length ? { unmasked } : {}) });
  }

  end() {
    return this.connection.send({ type: "end" }).answer;
  }

  /** @param {number} score @param {string} comment */
  rate(score, comment) {
    return this.connection.send({ type: "rate", score, ...(comment ? { comment } : {}) }).answer;
  }

  /** Everything up to now was on the visitor's screen. @returns {boolean} whether that is new */
  see() {
    const last = this.transcript.order.at(-1) ?? 0;
    if (last <= this.seenSeq) return false;
    this.seenSeq = last;
    this.connection.post({ type: "read", seq: last });
    return true;
  }

  /** Messages of the other side that were not on the screen yet. */
  get unread() {
    return this.transcript.list().filter((message) => message.seq > this.seenSeq && message.author.kind === "agent").length;
  }

  /** Whom this chat is for, with whether somebody is there: the department that the page named, or else the site. */
  get place() {
    const { department } = /** @type {{department?: string}} */ (this.about());
    return this.site?.departments.find(({ id }) => id === department) ?? this.site;
  }

  /** Whether nothing of this chat is stored; before it begins, whether nothing would be. */
  get isUnstored() {
    return this.conversation ? this.storesNothing : Boolean(this.place?.unstored);
  }

  /** Whether it is over for this visitor: whoever is kept out, or whose chat is gone, has nothing to write and nothing to wait for. */
  get isBarred() {
    const { phase, code } = this.connection.state;
    return phase === "ended" && (code === 4403 || code === 4404);
  }

  /** The agent who spoke last, by name. */
  get agent() {
    return this.transcript.list().findLast((message) => message.author.kind === "agent")?.author.name ?? null;
  }

  async loadOlder() {
    if (this.loadingOlder || !this.transcript.hasOlder || !this.connection.ready) return;
    this.loadingOlder = true;
    this.listener.changed();
    await this.#history(this.transcript.order[0], HISTORY_PAGE);
    this.loadingOlder = false;
    this.listener.changed();
  }

  #receive(frame) {
    const handlers = {
      welcome: () => this.#welcome(frame), ack: () => this.#ack(frame), message: () => this.#message(frame),
      revised: () => this.#revised(frame), typing: () => this.#typing(frame), read: () => this.#read(frame),
      masking: () => this.#masking(frame), status: () => this.#status(frame), pong: () => this.#pong(frame), error: () => this.#error(frame),
    };
    const handler = Object.hasOwn(handlers, frame.type) ? handlers[/** @type {keyof typeof handlers} */ (frame.type)] : null;
    if (!handler) return; // `history` is taken by whoever asked; what a newer server says is not for us
    handler();
    this.listener.changed();
  }

  #welcome(frame) {
    this.token = frame.token ?? this.token;
    this.site = frame.site;
    if (frame.conversation !== this.conversation || frame.more) this.transcript.reset();
    if (frame.conversation !== this.conversation) {
      this.status = frame.conversation ? "waiting" : "none";
      this.readSeq = 0;
      this.seenSeq = this.seen?.conversation === frame.conversation ? this.seen.seq : 0;
    }
    this.conversation = frame.conversation;
    this.caughtUpTo = frame.last_seq;
    this.outbox.flush();
  }

  /** New rules of the organisation's, while the page is open. @param {any} frame */
  #masking({ packs, keep_last_four, may_undo }) {
    if (this.site) this.site = { ...this.site, masking: { packs, keep_last_four, may_undo } };
  }

  #ack(frame) {
    const item = this.outbox.settle(frame.client_id);
    this.#enter(frame.conversation);
    const held = frame.masked.some((entry) => entry.kind === "held");
    const text = held && item ? item.frame.text : frame.text; // the author keeps what he typed until it is decided
    this.transcript.add({ ...frame, text, author: { kind: "visitor" } });
    this.seenSeq = Math.max(this.seenSeq, frame.seq);
    this.#checkForGap();
    if (!this.acknowledged) {
      this.acknowledged = true;
      this.listener.stored();
    }
  }

  #message(frame) {
    if (frame.client_id) this.outbox.settle(frame.client_id);
    this.#enter(frame.conversation);
    const outcome = this.transcript.add(frame);
    const own = frame.author.kind === "visitor";
    if (own) this.seenSeq = Math.max(this.seenSeq, frame.seq);
    else this.typist = null;
    if (frame.author.kind === "agent" && this.status === "waiting") this.status = "open";
    this.#checkForGap();
    if (outcome === "added" && !own && frame.seq > this.caughtUpTo) this.listener.arrived(frame);
  }

  /** A message after the end begins a new conversation; the old one stays on the screen above it. @param {string} conversation */
  #enter(conversation) {
    if (conversation === this.conversation) return;
    if (this.transcript.order.length) this.earlier.push(this.transcript.list());
    this.transcript.reset();
    this.storesNothing = Boolean(this.place?.unstored); // until its first `status` says so
    Object.assign(this, { conversation, status: "waiting", position: null, readSeq: 0, seenSeq: 0, caughtUpTo: 0, resyncedFor: 0 });
  }

  #revised(frame) {
    if (frame.conversation !== this.conversation) return;
    const known = this.transcript.bySeq.get(frame.seq);
    const held = frame.masked.some((entry) => entry.kind === "held"); // held again: its author goes on seeing it
    this.transcript.revise(held && known?.author.kind === "visitor" ? { ...frame, text: known.text } : frame);
  }

  #typing(frame) {
    if (frame.author.kind !== "agent") return;
    this.clock.clearTimeout(this.typistTimer);
    this.typist = frame.active ? frame.author : null;
    if (frame.active) {
      this.typistTimer = this.clock.setTimeout(() => {
        this.typist = null;
        this.listener.changed();
      }, TYPING_SHOWN_FOR);
    }
  }

  #read(frame) {
    if (frame.author.kind === "agent") this.readSeq = Math.max(this.readSeq, frame.seq);
  }

  #status(frame) {
    if (frame.conversation !== this.conversation && frame.conversation !== null) return;
    const before = this.status;
    this.status = frame.status;
    this.position = frame.position ?? null;
    // Answers, and places in the queue, do not say it.
    if (frame.unstored || (frame.ref === undefined && this.position === null)) this.storesNothing = frame.unstored === true;
    if (this.status === "closed") this.typist = null;
    if (before !== this.status) this.listener.status(this.status);
  }

  /** The server's last `seq` may be ahead of what is still under way; only silence about it means loss. @param {any} frame */
  #pong(frame) {
    if (frame.last_seq <= this.transcript.lastSeq) return;
    this.clock.setTimeout(() => {
      if (frame.last_seq > this.transcript.lastSeq) this.#fillGap(frame.last_seq + 1);
    }, LATE_FRAMES_WITHIN);
  }

  #error(frame) {
    if (!frame.client_id) this.listener.refused(frame.code);
  }

  #checkForGap() {
    const message = this.transcript.gapBefore;
    if (message) this.#fillGap(message.seq + 1);
  }

  /** Ask for what is missing; if that does not close the hole, come anew and be told everything. @param {number} before */
  async #fillGap(before) {
    if (this.fillingGap) return;
    this.fillingGap = true;
    const filled = await this.#history(before, GAP_PAGE);
    this.fillingGap = false;
    const gap = this.transcript.gapBefore?.seq ?? 0;
    if (filled && gap > this.resyncedFor) { // once for each hole: a hole that stays is the server's, not ours
      this.resyncedFor = gap;
      this.connection.resync();
    }
    this.listener.changed();
  }

  async #history(before, limit) {
    const conversation = this.conversation;
    try {
      const page = await this.connection.send({ type: "history", before_seq: before, limit }).answer;
      if (this.conversation !== conversation) return false;
      this.transcript.addHistory(page.messages, page.more);
      return true;
    } catch {
      return false; // asked again by the next scroll, the next gap or the resume
    }
  }

  #position() {
    const { conversation, transcript } = this;
    return { conversation, last_seq: conversation ? transcript.lastSeq : 0, last_rev: conversation ? transcript.lastRev : 0 };
  }
}
