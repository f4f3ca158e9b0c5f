/** The log of one conversation: a window onto its messages, with history on scrolling up. */
import { el, fill, listen, setAttributes } from "../../shared/dom.js";
import { lastEditable } from "../model/acts.js";
import { threadRows } from "../model/grouping.js";
import { threadOf } from "../model/state.js";
import { say } from "../messages.js";
import { createItem, itemFacts, updateItem } from "./bubble.js";
import { emptyState, skeleton } from "./empty.js";
import { observe, reconcile } from "./observe.js";
import { nameOf } from "./row.js";
import { ScrollKeeper } from "./scroll.js";

const PAGE = 30;
const FIRST_WINDOW = 60;
const MOST_SHOWN = 400;
const HISTORY_WITHIN = 200;

/** @param {any} app @param {any} state @param {string} id @param {number} size */
function itemsOf(app, state, id, size) {
  const thread = threadOf(state, id);
  const shown = thread.messages.slice(-size);
  const now = app.now();
  const today = new Date(now);
  const own = shown.findLast((one) => one.author.kind === "agent" && one.author.id === state.me?.id);
  const last = state.conversations[id]?.status === "closed" ? null : lastEditable(state, id, now);
  const receipt = own && (own.seq <= thread.visitorRead ? say.read : say.sent);
  const items = threadRows(shown, { newAfter: thread.newAfter }).map((row) => {
    if (row.kind === "day") return { ...row, label: app.formats.day(new Date(row.at), today) };
    if (row.kind !== "bubble") return row;
    return { ...row, receipt: row.message === own ? receipt : null, editable: row.message === last };
  });
  const online = state.connection.phase === "ready";
  const pending = state.outbox
    .filter((/** @type {any} */ one) => one.frame.conversation === id)
    .map((/** @type {any} */ one) => ({ kind: "pending", key: one.clientId, pending: one, online }));
  return [...items, ...pending];
}

/** The pill that says how many messages came below. */
class Pill {
  /** @param {HTMLElement} button */
  constructor(button) {
    this.button = button;
  }

  /** @param {number} count @param {boolean} away whether the reader is somewhere else */
  show(count, away) {
    this.button.hidden = !away || count === 0;
    setAttributes(this.button, { "aria-label": say.newPillLong(count) });
    fill(this.button, say.newPill(count));
  }
}

class LogView {
  /** @param {any} app @param {HTMLElement} log role=log @param {HTMLElement} pill */
  constructor(app, log, pill) {
    this.app = app;
    this.log = log;
    this.keeper = new ScrollKeeper(log);
    this.pill = new Pill(pill);
    this.edge = el("p", { class: "log__edge" });
    this.list = el("div", {});
    this.rest = el("div", {});
    this.loading = skeleton(app.clock);
    this.size = FIRST_WINDOW;
    /** @type {string|null} */
    this.shown = null;
    fill(log, this.edge, this.list, this.rest);
  }

  /** @param {string} id */
  isLookingAt(id) {
    return this.app.store.state.selected === id && !document.hidden && this.keeper.atEnd && this.log.offsetParent !== null;
  }

  toEnd() {
    this.keeper.toEnd();
    this.look();
  }

  /** Tell the session what the agent has before his eyes, and renew the pill. */
  look() {
    const { store, session } = this.app;
    const id = store.state.selected;
    if (id === null) {
      this.pill.show(0, false);
      return;
    }
    const { messages } = threadOf(store.state, id);
    const last = messages.at(-1)?.seq ?? 0;
    if (last > 0 && this.isLookingAt(id)) session.seen(id, last);
    const { seenSeq } = threadOf(store.state, id);
    const fresh = messages.filter((one) => one.seq > seenSeq && one.author.kind !== "system").length;
    this.pill.show(fresh, !this.keeper.atEnd);
  }

  scrolled() {
    this.keeper.scrolled();
    this.look();
    this.reachTop();
  }

  resized() {
    this.keeper.resized();
    this.look();
  }

  /** Near the top: first what is known already, then what the server has. */
  reachTop() {
    const { state } = this.app.store;
    if (this.log.scrollTop > HISTORY_WITHIN || state.selected === null || this.keeper.following) return;
    const thread = threadOf(state, state.selected);
    if (thread.loading) return;
    if (thread.messages.length > this.size) {
      this.size += PAGE;
      this.render(state);
    } else if (thread.hasOlder) {
      this.size += PAGE;
      this.app.session.older(state.selected);
    }
  }

  /** @param {any} state */
  render(state) {
    const id = state.selected;
    this.log.hidden = id === null;
    const fresh = id !== this.shown;
    if (fresh || (this.keeper.following && this.size > MOST_SHOWN)) this.size = FIRST_WINDOW;
    this.shown = id;
    if (id === null) return;
    const thread = threadOf(state, id);
    const one = state.conversations[id];
    setAttributes(this.log, { "aria-label": say.log(one ? nameOf(one) : say.visitor), "aria-busy": String(thread.loading) });
    this.keeper.around(() => this.#fill(state, thread, id));
    if (fresh) this.keeper.toEnd();
    this.look();
  }

  /** @param {any} state @param {any} thread @param {string} id */
  #fill(state, thread, id) {
    const { app } = this;
    this.edge.textContent = edgeText(thread, this.size);
    reconcile(this.list, itemsOf(app, state, id, this.size), {
      key: (item) => item.key,
      create: createItem,
      facts: itemFacts,
      update: (element, item) => updateItem(element, item, { formats: app.formats, me: state.me?.id ?? null }),
    });
    if (thread.loaded) {
      this.loading.hide();
      fill(this.rest, thread.missing && emptyState("missing"));
    } else this.loading.showIn(this.rest);
  }
}

/** What a log shows of the state. @param {any} state */
const picked = (state) => [
  state.selected, state.threads[state.selected ?? ""], state.outbox, state.me, state.connection.phase,
  state.conversations[state.selected ?? ""]?.visitor, state.conversations[state.selected ?? ""]?.status,
];

/**
 * @param {any} app
 * @param {HTMLElement} log role=log
 * @param {HTMLElement} pill
 */
export function mountLog(app, log, pill) {
  const view = new LogView(app, log, pill);
  app.looking = (/** @type {string} */ id) => view.isLookingAt(id);
  observe(app.store, picked, (state) => view.render(state), app.signal);
  listen(log, "scroll", () => view.scrolled(), app.signal, { passive: true });
  listen(log, "click", (event) => app.clicked(event.target.closest("[data-act]")), app.signal);
  listen(document, "visibilitychange", () => view.look(), app.signal);
  listen(pill, "click", () => {
    view.toEnd();
    log.focus({ preventScroll: true }); // the pill is about to vanish with the focus on it
  }, app.signal);
  const sizes = new ResizeObserver(() => view.resized());
  sizes.observe(log);
  app.signal.addEventListener("abort", () => sizes.disconnect(), { once: true });
  app.every(30, () => view.render(app.store.state));
  return view;
}

/** @param {any} thread @param {number} size */
function edgeText(thread, size) {
  if (thread.missing || !thread.loaded) return "";
  if (thread.messages.length > size || thread.hasOlder) return thread.loading ? say.historyLoading : "";
  return say.historyStart;
}
