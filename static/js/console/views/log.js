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
import { scrollKeeper } from "./scroll.js";

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
  const last = lastEditable(state, id, now);
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

/** The pill that says how many messages came below. @param {any} app @param {HTMLElement} pill @param {() => void} toEnd */
function mountPill(app, pill, toEnd) {
  let count = 0;
  listen(pill, "click", toEnd, app.signal);
  return {
    /** @param {number} n @param {boolean} away */
    show(n, away) {
      count = n;
      pill.hidden = !away || count === 0;
      setAttributes(pill, { "aria-label": say.newPillLong(count) });
      fill(pill, say.newPill(count));
    },
  };
}

/**
 * @param {any} app
 * @param {HTMLElement} log role=log
 * @param {HTMLElement} pillButton
 */
export function mountLog(app, log, pillButton) {
  const keeper = scrollKeeper(log);
  const edge = el("p", { class: "log__edge" });
  const list = el("div", {});
  const rest = el("div", {});
  fill(log, edge, list, rest);
  const loading = skeleton(app.clock);
  const pill = mountPill(app, pillButton, () => {
    toEnd();
    log.focus({ preventScroll: true }); // the pill is about to vanish with the focus on it
  });
  let size = FIRST_WINDOW;
  /** @type {string|null} */
  let shownId = null;

  function toEnd() {
    keeper.toEnd();
    look();
  }

  /** Tell the session what the agent has before his eyes, and renew the pill. */
  function look() {
    const { state } = app.store;
    const id = state.selected;
    if (id === null) return pill.show(0, false);
    const thread = threadOf(state, id);
    const last = thread.messages.at(-1)?.seq ?? 0;
    if (app.looking(id) && last > 0) app.session.seen(id, last);
    const after = Math.max(threadOf(app.store.state, id).seenSeq, 0);
    const fresh = thread.messages.filter((one) => one.seq > after && one.author.kind !== "system").length;
    pill.show(fresh, !keeper.atEnd);
  }

  function reachTop() {
    const { state } = app.store;
    if (log.scrollTop > HISTORY_WITHIN || state.selected === null || keeper.following) return;
    const thread = threadOf(state, state.selected);
    if (thread.messages.length > size) {
      size += PAGE;
      render(state);
    } else if (thread.hasOlder) {
      size += PAGE;
      app.session.older(state.selected);
    }
  }

  /** @param {any} state */
  function render(state) {
    const id = state.selected;
    log.hidden = id === null;
    if (id === null) return;
    const thread = threadOf(state, id);
    const fresh = id !== shownId;
    if (fresh || (keeper.following && size > MOST_SHOWN)) size = FIRST_WINDOW;
    shownId = id;
    const one = state.conversations[id];
    setAttributes(log, { "aria-label": say.log(one ? nameOf(one) : say.visitor), "aria-busy": String(thread.loading) });
    keeper.around(() => {
      edge.textContent = edgeText(thread, size);
      reconcile(list, itemsOf(app, state, id, size), {
        key: (item) => item.key,
        create: createItem,
        facts: itemFacts,
        update: (element, item) => updateItem(element, item, { formats: app.formats, me: state.me?.id ?? null }),
      });
      if (thread.loaded) loading.hide(), fill(rest, thread.missing && emptyState("missing"));
      else loading.showIn(rest);
    });
    if (fresh) keeper.toEnd();
    look();
  }

  app.looking = (/** @type {string} */ id) =>
    app.store.state.selected === id && !document.hidden && keeper.atEnd && log.offsetParent !== null;

  const pick = (/** @type {any} */ state) => [
    state.selected, state.threads[state.selected ?? ""], state.outbox, state.me, state.connection.phase,
    state.conversations[state.selected ?? ""]?.visitor,
  ];
  observe(app.store, pick, render, app.signal);
  listen(log, "scroll", () => { keeper.scrolled(); look(); reachTop(); }, app.signal, { passive: true });
  listen(document, "visibilitychange", look, app.signal);
  listen(log, "click", (event) => app.clicked(event.target.closest("[data-act]")), app.signal);
  const sizes = new ResizeObserver(() => { keeper.resized(); look(); });
  sizes.observe(log);
  app.signal.addEventListener("abort", () => sizes.disconnect(), { once: true });
  app.every(30, () => render(app.store.state));
  return { toEnd };
}

/** @param {any} thread @param {number} size */
function edgeText(thread, size) {
  if (thread.missing || !thread.loaded) return "";
  if (thread.messages.length > size || thread.hasOlder) return thread.loading ? say.historyLoading : "";
  return say.historyStart;
}
