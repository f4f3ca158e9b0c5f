// @ts-check
/**
 * Messages on their way. A message has one UUID for its whole life: sent again with it, the server
 * stores nothing twice, so "not sure whether it arrived" is always answered by sending it again.
 * Of one conversation one is under way at a time: were two, and the first refused because the database
 * was away for a moment, the second would be stored before it.
 *
 * @import {Clock, Frame, Item} from "./types"
 */
import { systemClock } from "./connection.js";

/** Refused for what it is: sending the same again cannot help until a person changes something. */
const REFUSALS = new Set(["bad_frame", "too_long", "forbidden", "not_found", "closed", "conflict"]);
/** Seconds to wait when the server does not say for how long. */
const PASSING = new Map([["rate_limited", 3], ["unavailable", 2]]);
const MOST_AUTOMATIC = 5;

export class Outbox {
  /**
   * @param {object} options
   * @param {Pick<import("./connection.js").Connection, "ready"|"send">} options.connection
   * @param {(item: Item|null) => void} [options.onChange] the item that changed
   * @param {Clock} [options.clock]
   * @param {() => string} [options.uuid]
   */
  constructor({ connection, onChange = () => {}, clock = systemClock, uuid = () => crypto.randomUUID() }) {
    this.connection = connection;
    this.onChange = onChange;
    this.clock = clock;
    this.uuid = uuid;
    /** @type {Map<string, Item & {attempts: number, timer: any, wired: boolean}>} in the order they were written */
    this.items = new Map();
  }

  /** Take a `message` or `note` frame without its `client_id`. @param {Frame} frame @returns {Item} */
  add(frame) {
    const clientId = this.uuid();
    const item = {
      clientId, frame: { ...frame, client_id: clientId }, createdAt: this.clock.now(),
      state: "sending", reason: null, againAt: null,
      attempts: 0, timer: null, wired: false,
    };
    this.items.set(clientId, item);
    this.onChange(item);
    this.#send(item);
    return item;
  }

  /** After `welcome`: everything that nobody acknowledged or refused goes again, oldest first. */
  flush() {
    for (const item of this.items.values()) {
      if (item.state === "failed" && REFUSALS.has(item.reason ?? "")) continue;
      this.#again(item);
    }
  }

  /** The person asked for it. @param {string} clientId */
  retry(clientId) {
    const item = this.items.get(clientId);
    if (!item) return;
    item.attempts = 0;
    this.#again(item);
  }

  /** Acknowledged, or seen in the transcript. @param {string} clientId @returns {Item|null} what was sent */
  settle(clientId) {
    const item = this.items.get(clientId);
    if (!item) return null;
    this.clock.clearTimeout(item.timer);
    this.items.delete(clientId);
    this.onChange(null);
    this.#proceed();
    return item;
  }

  /** The person gave it up. @param {string} clientId */
  discard(clientId) {
    this.settle(clientId);
  }

  /** @returns {Item[]} oldest first */
  list() {
    return [...this.items.values()];
  }

  #again(item) {
    this.clock.clearTimeout(item.timer);
    Object.assign(item, { state: "sending", reason: null, againAt: null, timer: null });
    this.onChange(item);
    this.#send(item);
  }

  /** Whoever waited behind one that is settled or given up. */
  #proceed() {
    for (const item of this.items.values()) {
      if (item.state === "sending" && item.timer === null) this.#send(item);
    }
  }

  #isBehind(item) {
    for (const earlier of this.items.values()) {
      if (earlier === item) return false;
      if (earlier.state === "sending" && earlier.frame.conversation === item.frame.conversation) return true;
    }
    return false;
  }

  #send(item) {
    if (!this.connection.ready || item.wired || this.#isBehind(item)) return;
    item.attempts += 1;
    item.wired = true;
    this.connection.send(item.frame).answer.then(
      () => { item.wired = false; },
      (why) => {
        item.wired = false;
        if (this.items.get(item.clientId) === item) this.#unanswered(item, why);
      },
    );
  }

  #unanswered(item, why) {
    if (why.code === "lost") {
      if (this.connection.ready) this.#again(item); // lost with a socket that is already replaced
      return;
    }
    const usual = PASSING.get(why.code);
    if (usual !== undefined && item.attempts < MOST_AUTOMATIC) {
      const wait = why.retryAfter ?? usual;
      item.reason = why.code;
      item.againAt = this.clock.now() + wait * 1000;
      item.timer = this.clock.setTimeout(() => this.#again(item), wait * 1000);
    } else {
      item.state = "failed";
      item.reason = why.code;
      this.#proceed();
    }
    this.onChange(item);
  }
}

/**
 * What the sender is told about a stored message.
 * @param {{seq: number, readSeq: number, joined: boolean}} at `joined`: somebody on the other side has the conversation
 * @returns {"sent"|"delivered"|"read"}
 */
export function deliveryOf({ seq, readSeq, joined }) {
  if (seq <= readSeq) return "read";
  return joined ? "delivered" : "sent";
}
