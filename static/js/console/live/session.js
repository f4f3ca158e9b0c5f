/**
 * The agent's side of the conversation with the server: commands out, frames into the store. DOM-free.
 *
 * Every command names what it waits for; a refusal becomes one notice with the server's code. Messages go
 * through the Outbox and are never refused by a notice: their bubble says what happened and offers a retry.
 */
import { Connection } from "../../shared/connection.js";
import { Outbox } from "../../shared/outbox.js";
import { explain } from "../model/errors.js";
import { threadOf } from "../model/state.js";
import { Book } from "./book.js";
import { incoming } from "./incoming.js";

/** @typedef {{type: string, [field: string]: any}} Frame */
/** @typedef {"mine"|"all"|"closed"} ListView */

const HISTORY_PAGE = 30;
const LIST_PAGE = 100;
const FORBIDDEN = 4403;
const NOT_SHOWN = new Set(["not_found", "forbidden"]);

export class Session {
  /** @type {Map<string, import("../model/errors.js").Explained>} why each message could not be sent */
  #refusals = new Map();
  /** @type {Set<string>} pages of history on their way */
  #fetching = new Set();
  /** @type {Set<number>} requests of the page itself: their refusal shows where the answer would have */
  #quiet = new Set();
  /** @type {Set<string>} lists whose next page, not the first, is on its way */
  #continuing = new Set();

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {any} options.store
   * @param {(id: string) => boolean} options.looking whether the agent has this conversation's end before his eyes
   * @param {(event: {kind: string, [field: string]: any}) => void} options.notify
   * @param {() => number} [options.now]
   * @param {Record<string, any>} [options.wiring] the clock, WebSocket and chance of a test
   */
  constructor({ url, store, looking, notify, now = Date.now, wiring = {} }) {
    this.store = store;
    this.notify = notify;
    this.book = new Book();
    this.connection = new Connection({
      url,
      hello: () => ({ type: "hello", open: this.book.positions(this.#followed()) }),
      onFrame: (frame) => this.receive(frame),
      onState: (connection) => this.#entered(connection),
      ...wiring,
    });
    const clock = wiring.clock ? { clock: wiring.clock } : {};
    this.outbox = new Outbox({ connection: this.connection, onChange: () => this.#publishOutbox(), ...clock });
    this.receive = incoming({
      store,
      book: this.book,
      outbox: this.outbox,
      now,
      looking,
      fetch: (id, before, limit) => this.#fetch(id, before, limit),
      firstPage: (view) => !this.#continuing.has(view),
      welcomed: () => this.#welcomed(),
      notify: (event) => this.#noticed(event),
    });
  }

  /** @param {any} connection */
  #entered(connection) {
    if (connection.phase === "ended" && connection.code === FORBIDDEN) {
      this.book.forget();
      this.store.dispatch({ type: "refused" });
      this.notify({ kind: "turnedAway" });
    }
    this.store.dispatch({ type: "connection", connection });
  }

  start() {
    this.connection.start();
  }

  stop() {
    this.connection.stop();
  }

  retryNow() {
    this.connection.retryNow();
  }

  /** @param {ListView} view @param {boolean} [older] the next page instead of the first */
  async list(view, older = false) {
    const known = this.store.state.lists[view];
    if (known.loading || (older && !(known.more && known.before))) return;
    if (older) this.#continuing.add(view);
    else this.#continuing.delete(view);
    this.store.dispatch({ type: "listLoading", view, loading: true });
    const before = older ? { before: known.before } : {};
    try {
      await this.#askQuietly({ type: "list", view, limit: LIST_PAGE, ...before });
    } catch {
      this.store.dispatch({ type: "listLoading", view, loading: false }); // asked again after the next welcome
    }
  }

  /** What is not live is read again each time it is opened. @param {string} id */
  openThread(id) {
    const thread = threadOf(this.store.state, id);
    if (!this.connection.ready || thread.loading) return;
    if (thread.loaded && !thread.missing && this.#isLive(id)) return;
    this.book.open(id);
    this.#fetch(id, null, HISTORY_PAGE);
  }

  /** The page before the oldest message. @param {string} id */
  older(id) {
    const thread = threadOf(this.store.state, id);
    const first = thread.messages[0];
    if (!this.connection.ready || thread.loading || !thread.hasOlder || !first) return;
    this.#fetch(id, first.seq, HISTORY_PAGE);
  }

  /** The agent has looked at everything up to `seq`. @param {string} conversation @param {number} seq */
  seen(conversation, seq) {
    if (seq <= threadOf(this.store.state, conversation).seenSeq) return;
    this.store.dispatch({ type: "seen", id: conversation, seq });
    const one = this.store.state.conversations[conversation];
    if (one?.assigned_to && one.assigned_to.id === this.store.state.me?.id) {
      this.connection.post({ type: "read", conversation, seq });
    }
  }

  /** @param {string} conversation @param {"reply"|"note"} mode @param {string} text */
  send(conversation, mode, text) {
    this.outbox.add({ type: mode === "note" ? "note" : "message", conversation, text });
  }

  /** @param {string} clientId */
  retry(clientId) {
    this.#refusals.delete(clientId);
    this.outbox.retry(clientId);
  }

  /** @param {string} clientId */
  discard(clientId) {
    this.#refusals.delete(clientId);
    this.outbox.discard(clientId);
  }

  /** @param {string} conversation @param {boolean} active */
  typing(conversation, active) {
    this.connection.post({ type: "typing", conversation, active });
  }

  next() {
    return this.#ask({ type: "next" });
  }

  /** @param {"online"|"away"} status */
  availability(status) {
    return this.#ask({ type: "availability", status });
  }

  /** @param {string} conversation @param {string} id @param {string} text */
  edit(conversation, id, text) {
    return this.#ask({ type: "edit", conversation, id, text });
  }

  /** @param {string} conversation @param {{agent?: string, department?: string, note: string}} to */
  transfer(conversation, to) {
    return this.#ask({ type: "transfer", conversation, ...to });
  }

  /** @param {string} conversation @param {{add?: string[], remove?: string[]}} change */
  tag(conversation, { add = [], remove = [] }) {
    return this.#ask({ type: "tag", conversation, add, remove });
  }

  /** @param {string} conversation @param {string} outcome */
  close(conversation, outcome) {
    return this.#ask({ type: "close", conversation, outcome });
  }

  /** @param {string} conversation @param {{reason: string, days?: number, address: boolean}} terms */
  block(conversation, terms) {
    return this.#ask({ type: "block", conversation, ...terms });
  }

  /** @param {string} conversation */
  unblock(conversation) {
    return this.#ask({ type: "unblock", conversation });
  }

  /** @param {"claim"|"accept"|"reopen"|"watch"} type @param {string} conversation */
  act(type, conversation) {
    return this.#ask({ type, conversation });
  }

  /** @param {string} conversation */
  unwatch(conversation) {
    this.connection.post({ type: "unwatch", conversation });
    this.store.dispatch({ type: "thread", id: conversation, patch: { watching: false } });
  }

  /** @param {string} conversation */
  decline(conversation) {
    this.connection.post({ type: "decline", conversation });
    this.store.dispatch({ type: "offerGone", id: conversation });
  }

  #publishOutbox() {
    const items = this.outbox.list().map((item) => ({ ...item, refusal: this.#refusals.get(item.clientId) ?? null }));
    this.store.dispatch({ type: "outbox", items });
  }

  /** Whether the server tells us by itself what happens in it. @param {string} id */
  #isLive(id) {
    const { state } = this.store;
    const one = state.conversations[id];
    const mine = one?.status === "open" && one.assigned_to !== null && one.assigned_to.id === state.me?.id;
    return mine || threadOf(state, id).watching;
  }

  /** What this tab still follows: what it shows, watches or answers. */
  #followed() {
    return [...this.book.transcripts.keys()].filter((id) => id === this.store.state.selected || this.#isLive(id));
  }

  /** @param {Frame} frame */
  async #askQuietly(frame) {
    const { ref, answer } = this.connection.send(frame);
    this.#quiet.add(ref);
    try {
      return await answer;
    } finally {
      this.#quiet.delete(ref);
    }
  }

  /** Ask, and tell the agent when it was refused. @param {Frame} frame @returns {Promise<any>} the answer, or null */
  async #ask(frame) {
    try {
      return await this.connection.send(frame).answer;
    } catch (why) {
      const { code } = /** @type {{code: string}} */ (why);
      if (code === "lost" || code === "timeout") this.notify({ kind: code });
      return null;
    }
  }

  /** @param {string} id @param {number|null} before null: the latest @param {number} limit */
  async #fetch(id, before, limit) {
    const key = `${id} ${before}`;
    if (this.#fetching.has(key)) return;
    this.#fetching.add(key);
    this.store.dispatch({ type: "thread", id, patch: { loading: true } });
    const from = before === null ? {} : { before_seq: before };
    try {
      await this.#askQuietly({ type: "history", conversation: id, limit, ...from });
    } catch (why) {
      const missing = NOT_SHOWN.has(/** @type {{code: string}} */ (why).code) ? { missing: true, loaded: true } : {};
      this.store.dispatch({ type: "thread", id, patch: { loading: false, ...missing } });
    } finally {
      this.#fetching.delete(key);
    }
  }

  /** @param {{kind: string, [field: string]: any}} event */
  #noticed(event) {
    if (event.kind !== "error") {
      this.notify(event);
      return;
    }
    const { frame } = event;
    if (frame.client_id && this.outbox.items.has(frame.client_id)) {
      this.#refusals.set(frame.client_id, explain(frame));
      this.#publishOutbox();
    } else if (!this.#quiet.has(frame.ref) && !this.#isMineAlready(frame)) {
      this.notify({ kind: "refused", explained: explain(frame) });
    }
  }

  /** Asked for twice, got once: nobody was faster. @param {Frame} frame */
  #isMineAlready({ code, conversation }) {
    const one = code === "already_assigned" && this.store.state.conversations[conversation];
    return Boolean(one) && one.status === "open" && one.assigned_to?.id === this.store.state.me?.id;
  }

  #welcomed() {
    const { state } = this.store;
    this.list("mine");
    this.list("all");
    if (state.lists.closed.loaded || (state.view === "all" && state.filter === "closed")) this.list("closed");
    if (state.selected === null) return;
    if (threadOf(state, state.selected).watching) this.#ask({ type: "watch", conversation: state.selected });
    this.openThread(state.selected);
  }
}
