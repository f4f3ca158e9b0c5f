// @ts-check
/**
 * One socket that comes back by itself.
 *
 * It opens, says `hello`, is `ready` at the first `welcome`, keeps itself alive with pings and, when
 * lost, tries again after a random part of min(30 s, 0.5 s · 2ⁿ), so that a thousand clients of a
 * restarted server do not arrive together. It keeps no messages: what must survive is in an Outbox.
 *
 * @import {Clock, Frame, State} from "./types"
 */

/** Close codes after which trying again by oneself cannot help. */
export const FINAL_CODES = new Set([4400, 4401, 4403, 4404, 4409]);

const PING_EVERY = 20_000;
const MISSED_PONGS = 2;
const PROBE_WITHIN = 5_000;
const WELCOME_WITHIN = 10_000;
const ANSWER_WITHIN = 15_000;
const STEADY_AFTER = 10_000;
const BACKOFF_BASE = 500;
const BACKOFF_MOST = 30_000;
const RESTART_ATTEMPT = 4;
const THROTTLED_FOR = 10_000;

/** Why a frame got no answer: `lost` (no connection), `timeout`, or the server's error code. */
export class Unanswered extends Error {
  /** @param {string} code @param {Frame} [frame] the server's `error`, when there was one */
  constructor(code, frame) {
    super(code);
    this.code = code;
    this.retryAfter = typeof frame?.retry_after === "number" ? frame.retry_after : null;
  }
}

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  setTimeout: (run, after) => globalThis.setTimeout(run, after),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
};

/**
 * Calls back when the page or the network may have come back (`wake`) or gone (`doubt`).
 * @param {{wake: () => void, doubt: () => void}} on @param {AbortSignal} signal
 */
function watchPage({ wake, doubt }, signal) {
  if (typeof window === "undefined") return;
  const visible = () => document.visibilityState === "visible" && wake();
  window.addEventListener("online", wake, { signal });
  window.addEventListener("pageshow", wake, { signal });
  window.addEventListener("offline", doubt, { signal });
  document.addEventListener("visibilitychange", visible, { signal });
}

export class Connection {
  /**
   * @param {object} options
   * @param {string} options.url
   * @param {() => Frame} options.hello made anew for each socket, so that it carries the latest position
   * @param {(frame: Frame) => void} options.onFrame every frame of the server, answers included, in order
   * @param {(state: State) => void} [options.onState]
   * @param {any} [options.WebSocketImpl]
   * @param {Clock} [options.clock]
   * @param {() => number} [options.random] in [0, 1)
   * @param {typeof watchPage} [options.watch]
   */
  constructor({ url, hello, onFrame, onState = () => {}, WebSocketImpl = globalThis.WebSocket,
    clock = systemClock, random = Math.random, watch = watchPage }) {
    this.url = url;
    this.hello = hello;
    this.onFrame = onFrame;
    this.onState = onState;
    this.WebSocketImpl = WebSocketImpl;
    this.clock = clock;
    this.random = random;
    this.watch = watch;
    /** @type {State} */
    this.state = { phase: "idle", code: null, attempt: 0, retryAt: null };
    /** @type {WebSocket|null} */
    this.socket = null;
    /** @type {Map<number, {resolve(frame: Frame): void, reject(why: Error): void, timer: any}>} */
    this.pending = new Map();
    this.lastRef = 0;
    this.attempt = 0;
    this.missed = 0;
    this.readySince = 0;
    /** @type {Set<any>} timers that belong to the present socket */
    this.timers = new Set();
    this.retryTimer = null;
    /** @type {AbortController|null} */
    this.watching = null;
  }

  /** Connect, and stay connected until `stop`. Also begins anew after a final close. */
  start() {
    if (this.socket || this.retryTimer !== null) return;
    if (!this.watching) {
      this.watching = new AbortController();
      this.watch({ wake: () => this.#wake(), doubt: () => this.#probe() }, this.watching.signal);
    }
    this.#open();
  }

  /** Leave for good; nothing of this object runs afterwards. */
  stop() {
    this.watching?.abort();
    this.watching = null;
    this.#drop(1000);
    this.#cancelRetry();
    this.#enter("idle");
  }

  /** Try at once instead of waiting for the timer. */
  retryNow() {
    if (this.state.phase === "waiting" || this.state.phase === "ended") {
      this.#cancelRetry();
      this.#open();
    }
  }

  /** Leave this socket for a new one whose `hello` asks for what is missing. */
  resync() {
    if (!this.socket) return;
    this.#drop(1000);
    this.#open();
  }

  get ready() {
    return this.state.phase === "ready";
  }

  /**
   * Send a frame whose answer is of interest.
   * @param {Frame} frame
   * @returns {{ref: number, answer: Promise<Frame>}} rejects with `Unanswered`
   */
  send(frame) {
    const ref = ++this.lastRef;
    const answer = new Promise((resolve, reject) => {
      if (!this.post({ ...frame, ref })) {
        reject(new Unanswered("lost"));
        return;
      }
      const timer = this.clock.setTimeout(() => this.#settle(ref, "reject", new Unanswered("timeout")), ANSWER_WITHIN);
      this.pending.set(ref, { resolve, reject, timer });
    });
    answer.catch(() => {}); // a caller who does not look must not cause an unhandled rejection
    return { ref, answer };
  }

  /** Send a frame that has no answer. @param {Frame} frame @returns {boolean} whether it left */
  post(frame) {
    if (!this.ready || !this.socket) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  #open() {
    const socket = new this.WebSocketImpl(this.url);
    this.socket = socket;
    this.missed = 0;
    this.#enter("connecting");
    this.#after(WELCOME_WITHIN, () => this.#lost(1006));
    socket.onopen = () => socket.send(JSON.stringify(this.hello()));
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#lost(event.code);
  }

  #receive(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return; // not ours: a proxy's words; what it replaced is found again by its sequence number
    }
    this.missed = 0;
    if (frame.type === "welcome") this.#welcome();
    this.onFrame(frame);
    if (typeof frame.ref !== "number") return;
    if (frame.type === "error") this.#settle(frame.ref, "reject", new Unanswered(frame.code, frame));
    else this.#settle(frame.ref, "resolve", frame);
  }

  #welcome() {
    this.#clearTimers();
    this.readySince = this.clock.now();
    this.#enter("ready");
    this.#schedulePing();
  }

  #schedulePing() {
    this.#after(PING_EVERY, () => {
      if (this.missed >= MISSED_PONGS) {
        this.#lost(1006);
        return;
      }
      this.missed += 1;
      this.post({ type: "ping" });
      this.#schedulePing();
    });
  }

  /** A socket may look alive after sleep or a change of network: ask, and give up on silence. */
  #probe() {
    if (!this.ready) return;
    this.missed = Math.max(this.missed, 1);
    this.post({ type: "ping" });
    this.#after(PROBE_WITHIN, () => this.missed > 0 && this.#lost(1006));
  }

  #wake() {
    if (this.state.phase === "waiting") this.retryNow();
    else this.#probe();
  }

  #lost(code) {
    const lasted = this.ready ? this.clock.now() - this.readySince : 0;
    this.#drop(1000);
    if (FINAL_CODES.has(code)) {
      this.#enter("ended", code);
      return;
    }
    if (lasted > STEADY_AFTER) this.attempt = 0;
    const delay = this.#delay(code);
    this.attempt += 1;
    this.retryTimer = this.clock.setTimeout(() => {
      this.retryTimer = null;
      this.#open();
    }, delay);
    this.#enter("waiting", code, this.clock.now() + delay);
  }

  #delay(code) {
    // Everybody loses a restarting server in the same moment: spread them wider than one lost client.
    const attempt = code === 1012 ? Math.max(this.attempt, RESTART_ATTEMPT) : this.attempt;
    const jittered = this.random() * Math.min(BACKOFF_MOST, BACKOFF_BASE * 2 ** attempt);
    return code === 4429 ? THROTTLED_FOR + jittered : jittered;
  }

  /** Forget the present socket; whoever waits for an answer learns that none will come. @param {number} code */
  #drop(code) {
    this.#clearTimers();
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(code);
    }
    for (const ref of [...this.pending.keys()]) this.#settle(ref, "reject", new Unanswered("lost"));
  }

  #settle(ref, how, value) {
    const waiting = this.pending.get(ref);
    if (!waiting) return;
    this.pending.delete(ref);
    this.clock.clearTimeout(waiting.timer);
    waiting[how](value);
  }

  #after(delay, run) {
    const timer = this.clock.setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, delay);
    this.timers.add(timer);
  }

  #clearTimers() {
    for (const timer of this.timers) this.clock.clearTimeout(timer);
    this.timers.clear();
  }

  #cancelRetry() {
    if (this.retryTimer !== null) this.clock.clearTimeout(this.retryTimer);
    this.retryTimer = null;
  }

  #enter(phase, code = null, retryAt = null) {
    this.state = { phase, code, attempt: this.attempt, retryAt };
    this.onState(this.state);
  }
}
