/**
 * The agent's side of the conversation with the server: commands out, frames into the store. DOM-free.
 *
 * Every command names what it waits for; a refusal becomes one notice with the server's code. Messages go
 * through the Outbox and are never refused by a toast: their bubble says what happened and offers a retry.
 */
import { Connection } from "../../shared/connection.js";
import { Outbox } from "../../shared/outbox.js";
import { Book } from "./book.js";
import { explain } from "../model/errors.js";
import { incoming } from "./incoming.js";
import { threadOf } from "../model/state.js";

export const HISTORY_PAGE = 30;
const LIST_PAGE = 100;

/**
 * @param {object} options
 * @param {string} options.url
 * @param {any} options.store
 * @param {(id: string) => boolean} options.looking
 * @param {(event: {kind: string, [field: string]: any}) => void} options.notify
 * @param {() => number} [options.now]
 * @param {Record<string, unknown>} [options.wiring] the clock, WebSocket and chance of a test
 */
export function createSession({ url, store, looking, notify, now = Date.now, wiring = {} }) {
  const book = new Book();
  /** @type {Map<string, any>} the refusal of each message that could not be sent */
  const refusals = new Map();
  const fetching = new Set();
  /** Requests of the page itself: their refusal shows where the answer would have, not as a notice. */
  const quiet = new Set();
  const continuing = new Set();

  const connection = new Connection({
    url,
    hello: () => ({ type: "hello", open: book.positions(followed()) }),
    onFrame: (frame) => receive(frame),
    onState: (state) => store.dispatch({ type: "connection", connection: state }),
    ...wiring,
  });
  const outbox = new Outbox({
    connection,
    onChange: publishOutbox,
    ...(wiring.clock ? { clock: /** @type {any} */ (wiring.clock) } : {}),
  });

  function publishOutbox() {
    const items = outbox.list().map((item) => ({ ...item, refusal: refusals.get(item.clientId) ?? null }));
    store.dispatch({ type: "outbox", items });
  }

  /** What this tab still follows: what it shows, watches or answers. */
  function followed() {
    return [...book.transcripts.keys()].filter((id) => id === store.state.selected || isLive(id));
  }

  /** @param {{type: string, [field: string]: any}} frame */
  async function askQuietly(frame) {
    const { ref, answer } = connection.send(frame);
    quiet.add(ref);
    try {
      return await answer;
    } finally {
      quiet.delete(ref);
    }
  }

  /**
   * Ask and tell the agent when it was refused.
   * @param {{type: string, [field: string]: any}} frame
   * @returns {Promise<any>} the answer, or null
   */
  async function ask(frame) {
    try {
      return await connection.send(frame).answer;
    } catch (why) {
      const { code } = /** @type {{code: string}} */ (why);
      if (code === "lost" || code === "timeout") notify({ kind: code });
      return null;
    }
  }

  /** @param {string} id @param {number|null} before null: the latest @param {number} limit */
  async function fetch(id, before, limit) {
    const key = `${id} ${before}`;
    if (fetching.has(key)) return;
    fetching.add(key);
    store.dispatch({ type: "thread", id, patch: { loading: true } });
    const from = before === null ? {} : { before_seq: before };
    try {
      await askQuietly({ type: "history", conversation: id, limit, ...from });
    } catch (why) {
      const missing = ["not_found", "forbidden"].includes(/** @type {{code: string}} */ (why).code);
      store.dispatch({ type: "thread", id, patch: { loading: false, ...(missing ? { missing, loaded: true } : {}) } });
    } finally {
      fetching.delete(key);
    }
  }

  const receive = incoming({ store, book, outbox, now, looking, fetch, welcomed, notify: refused, firstPage: (view) => !continuing.has(view) });

  /** @param {{kind: string, [field: string]: any}} event */
  function refused(event) {
    if (event.kind !== "error") {
      notify(event);
      return;
    }
    const { frame } = event;
    if (frame.client_id && outbox.items.has(frame.client_id)) {
      refusals.set(frame.client_id, explain(frame));
      publishOutbox();
    } else if (!quiet.has(frame.ref)) {
      notify({ kind: "refused", explained: explain(frame) });
    }
  }

  function welcomed() {
    list("mine");
    if (store.state.lists.all.loaded) list("all");
    const id = store.state.selected;
    if (id !== null) {
      if (threadOf(store.state, id).watching) ask({ type: "watch", conversation: id });
      openThread(id);
    }
  }

  /** @param {"mine"|"all"|"closed"} view @param {boolean} [older] */
  async function list(view, older = false) {
    const known = store.state.lists[view];
    if (known.loading || (older && !known.more)) return;
    if (older) continuing.add(view);
    else continuing.delete(view);
    store.dispatch({ type: "listLoading", view, loading: true });
    const before = older && known.before ? { before: known.before } : {};
    try {
      await askQuietly({ type: "list", view, limit: LIST_PAGE, ...before });
    } catch {
      store.dispatch({ type: "listLoading", view, loading: false }); // asked again after the next welcome
    }
  }

  /** Whether the server tells us by itself what happens in it. @param {string} id */
  function isLive(id) {
    const one = store.state.conversations[id];
    const mine = one?.status === "open" && one.assigned_to?.id === store.state.me?.id;
    return mine || threadOf(store.state, id).watching;
  }

  /** What is not live is read again each time it is opened. @param {string} id */
  function openThread(id) {
    const thread = threadOf(store.state, id);
    if (!connection.ready || thread.loading || (thread.loaded && !thread.missing && isLive(id))) return;
    book.open(id);
    fetch(id, null, HISTORY_PAGE);
  }

  /** @param {string} id */
  function older(id) {
    const thread = threadOf(store.state, id);
    const first = thread.messages[0];
    if (!connection.ready || thread.loading || !thread.hasOlder || !first) return;
    fetch(id, first.seq, HISTORY_PAGE);
  }

  /** @param {string} conversation @param {number} seq */
  function seen(conversation, seq) {
    if (seq <= threadOf(store.state, conversation).seenSeq) return;
    store.dispatch({ type: "seen", id: conversation, seq });
    const one = store.state.conversations[conversation];
    if (one?.assigned_to?.id === store.state.me?.id) connection.post({ type: "read", conversation, seq });
  }

  return {
    start: () => connection.start(),
    stop: () => connection.stop(),
    retryNow: () => connection.retryNow(),
    list,
    openThread,
    older,
    seen,
    /** @param {string} conversation @param {"reply"|"note"} mode @param {string} text */
    send: (conversation, mode, text) =>
      outbox.add({ type: mode === "note" ? "note" : "message", conversation, text }),
    /** @param {string} clientId */
    retry(clientId) {
      refusals.delete(clientId);
      outbox.retry(clientId);
    },
    /** @param {string} clientId */
    discard(clientId) {
      refusals.delete(clientId);
      outbox.discard(clientId);
    },
    /** @param {string} conversation @param {boolean} active */
    typing: (conversation, active) => connection.post({ type: "typing", conversation, active }),
    next: () => ask({ type: "next" }),
    /** @param {"online"|"away"} status */
    availability: (status) => ask({ type: "availability", status }),
    /** @param {string} conversation @param {string} id @param {string} text */
    edit: (conversation, id, text) => ask({ type: "edit", conversation, id, text }),
    /** @param {string} conversation @param {{agent?: string, department?: string, note: string}} to */
    transfer: (conversation, to) => ask({ type: "transfer", conversation, ...to }),
    /** @param {string} conversation @param {{add?: string[], remove?: string[]}} change */
    tag: (conversation, { add = [], remove = [] }) => ask({ type: "tag", conversation, add, remove }),
    /** @param {string} conversation @param {string} outcome */
    close: (conversation, outcome) => ask({ type: "close", conversation, outcome }),
    /** @param {"claim"|"accept"|"reopen"|"watch"} type @param {string} conversation */
    act: (type, conversation) => ask({ type, conversation }),
    /** @param {string} conversation */
    unwatch(conversation) {
      connection.post({ type: "unwatch", conversation });
      store.dispatch({ type: "thread", id: conversation, patch: { watching: false } });
    },
    /** @param {string} conversation */
    decline(conversation) {
      connection.post({ type: "decline", conversation });
      store.dispatch({ type: "offerGone", id: conversation });
    },
  };
}
