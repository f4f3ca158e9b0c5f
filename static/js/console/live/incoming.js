/**
 * What each frame of the server does. One entry a type; a type nobody knows is ignored, so that an older
 * page survives a newer server. DOM-free.
 */

import { isOther } from "../model/state.js";

/**
 * @typedef {object} Parts
 * @property {{state: import("../model/state.js").State, dispatch: (action: import("../model/state.js").Action) => void}} store
 * @property {import("./book.js").Book} book
 * @property {import("../../shared/outbox.js").Outbox} outbox
 * @property {() => number} now
 * @property {(id: string) => boolean} looking whether the agent has this conversation's end before his eyes
 * @property {(id: string, before: number|null, limit: number) => void} fetch asks for history
 * @property {(view: string) => boolean} firstPage whether the list that was asked for is not a continuation
 * @property {() => void} welcomed
 * @property {(event: {kind: string, [field: string]: any}) => void} notify
 */

const TYPING_FOR_MS = 6_000;
const PAGE = 200;

/** @param {Parts} parts @param {string} id */
function publish({ store, book, fetch }, id) {
  store.dispatch({ type: "thread", id, patch: book.patch(id) });
  const hole = book.holeBefore(id);
  if (hole !== null) fetch(id, hole, PAGE);
}

/** @param {Parts} parts @param {any} conversation @param {any} [visitor] */
function mergeConversation({ store }, conversation, visitor) {
  store.dispatch({ type: "conversation", conversation: visitor ? { ...conversation, visitor } : conversation });
}

/** Somebody who writes has stopped typing. @param {Parts} parts @param {any} frame */
function stopTyping({ store }, frame) {
  const typing = store.state.typing[frame.conversation];
  if (!typing?.some((one) => one.author.id === frame.author.id)) return;
  store.dispatch({ type: "typing", conversation: frame.conversation, author: frame.author, until: null });
}

/** @type {Record<string, (parts: Parts, frame: any) => void>} */
const HANDLERS = {
  welcome(parts, frame) {
    if (isOther(parts.store.state, frame)) parts.book.forget();
    parts.store.dispatch({ type: "welcome", frame });
    parts.outbox.flush();
    parts.welcomed();
  },

  ack(parts, frame) {
    const item = parts.outbox.settle(frame.client_id);
    const held = (frame.masked ?? []).some((/** @type {any} */ one) => one.kind === "held");
    if (held && item) parts.book.heldTexts.set(frame.id, item.frame.text);
    const { me } = parts.store.state;
    const kind = item?.frame.type === "note" ? "note" : "agent";
    const message = { ...frame, author: { kind, id: me?.id ?? null, name: me?.name ?? "" } };
    delete message.type;
    delete message.ref;
    parts.book.add(frame.conversation, message);
    publish(parts, frame.conversation);
    parts.store.dispatch({ type: "arrived", message, looking: true });
    parts.store.dispatch({ type: "seen", id: frame.conversation, seq: frame.seq });
  },

  message(parts, frame) {
    const id = frame.conversation;
    if (frame.client_id) parts.outbox.settle(frame.client_id);
    const opened = parts.book.has(id);
    const fresh = opened ? parts.book.add(id, frame) : true;
    const own = frame.author.id === parts.store.state.me?.id;
    const looking = own || parts.looking(id);
    if (fresh) parts.store.dispatch({ type: "arrived", message: frame, looking });
    if (opened) publish(parts, id);
    stopTyping(parts, frame);
    if (fresh && !own && frame.author.kind !== "system") parts.notify({ kind: "message", message: frame, looking });
  },

  revised(parts, frame) {
    if (parts.book.revise(frame.conversation, frame)) publish(parts, frame.conversation);
  },

  history(parts, frame) {
    parts.book.page(frame.conversation, frame.messages, frame.more);
    publish(parts, frame.conversation);
    parts.store.dispatch({ type: "thread", id: frame.conversation, patch: { loaded: true, loading: false } });
  },

  assigned(parts, frame) {
    const { id } = frame.conversation;
    mergeConversation(parts, frame.conversation, frame.visitor);
    parts.book.page(id, frame.messages, frame.more);
    publish(parts, id);
    const patch = { loaded: true, loading: false, missing: false, watching: frame.watching === true };
    parts.store.dispatch({ type: "thread", id, patch });
    parts.store.dispatch({ type: "offerGone", id });
    if (frame.ref === undefined && !frame.watching) parts.notify({ kind: "assigned", id });
  },

  conversation(parts, frame) {
    mergeConversation(parts, frame.conversation, frame.visitor);
    const { id, status } = frame.conversation;
    if (status !== "open") parts.store.dispatch({ type: "offerGone", id });
  },

  status(parts, frame) {
    mergeConversation(parts, { id: frame.conversation, status: frame.status });
  },

  queue: ({ store }, frame) => store.dispatch({ type: "queue", frame }),
  list: ({ store, firstPage }, frame) => store.dispatch({ type: "list", frame, first: firstPage(frame.view) }),
  agents: ({ store }, frame) => store.dispatch({ type: "agents", agents: frame.agents }),
  availability: ({ store }, frame) => store.dispatch({ type: "availability", status: frame.status }),

  offer(parts, frame) {
    const { conversation, from, note, expires_at } = frame;
    parts.store.dispatch({ type: "offer", offer: { conversation, from, note, expires_at } });
    parts.notify({ kind: "offer", id: conversation.id });
  },

  typing({ store, now }, frame) {
    if (frame.author.id === store.state.me?.id) return;
    const until = frame.active ? now() + TYPING_FOR_MS : null;
    store.dispatch({ type: "typing", conversation: frame.conversation, author: frame.author, until });
  },

  read({ store }, frame) {
    const { conversation: id, author, seq } = frame;
    if (author.kind === "visitor") store.dispatch({ type: "visitorRead", id, seq });
    else if (author.id === store.state.me?.id) store.dispatch({ type: "seen", id, seq });
  },

  pong(parts, frame) {
    for (const [id, seq] of Object.entries(frame.last_seq ?? {})) {
      const transcript = parts.book.transcripts.get(id);
      if (transcript && typeof seq === "number" && seq > transcript.lastSeq) parts.fetch(id, seq + 1, PAGE);
    }
  },

  error: ({ notify }, frame) => notify({ kind: "error", frame }),
};

/**
 * @param {Parts} parts
 * @returns {(frame: any) => void}
 */
export function incoming(parts) {
  return (frame) => {
    if (Object.hasOwn(HANDLERS, frame.type)) HANDLERS[frame.type](parts, frame);
  };
}

export const KNOWN_FRAMES = Object.freeze(Object.keys(HANDLERS));
