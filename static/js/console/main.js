/** The console's page: finds its places, mounts the views, starts. */
import { hook } from "../shared/dom.js";
import { createApp } from "./app.js";
import { mountKeyboard } from "./keyboard.js";
import { Layout } from "./layout.js";
import { say } from "./messages.js";
import { conversationOf } from "./model/route.js";
import { mountConnection } from "./views/connection.js";
import { mountInbox } from "./views/inbox.js";
import { mountOffers, mountToasts } from "./views/notices.js";
import { observe } from "./views/observe.js";
import { mountRail } from "./views/rail.js";
import { mountThread } from "./views/thread.js";
import { mountVisitor } from "./views/visitor.js";
import { mountVisits } from "./views/visits.js";

/** The number of conversations with something unread, in the tab's title. @param {any} app */
function mountTitle(app) {
  const title = document.title;
  observe(app.store, (/** @type {any} */ state) => [state.conversations, state.offers], (state) => {
    const unread = Object.values(state.conversations).filter((/** @type {any} */ one) => one.unread > 0).length;
    const count = unread + state.offers.length;
    document.title = count > 0 ? say.titleCount(count, title) : title;
  }, app.signal);
}

/** Leaving must not lose what only this page's memory has. @param {any} app */
function mountGuard(app) {
  window.addEventListener("beforeunload", (event) => {
    if (app.drafts.unsaved || app.store.state.outbox.length > 0) event.preventDefault();
  }, { signal: app.signal });
}

/** @param {HTMLElement} shell */
function start(shell) {
  const ending = new AbortController();
  const socket = new URL(shell.dataset.socket ?? "", location.href);
  socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";
  const app = createApp({
    root: shell.dataset.root ?? "/console/",
    socket: socket.href,
    signal: ending.signal,
    region: hook(document, "announce"),
  });
  app.layout = new Layout(shell, app);
  app.toasts = mountToasts(hook(document, "toasts"), app);
  mountConnection(hook(shell, "connection"), app);
  mountVisits(hook(shell, "visits"), app.signal);
  mountRail(hook(shell, "rail"), hook(document, "menu"), app);
  mountInbox(hook(shell, "inbox"), app);
  mountThread(hook(shell, "thread"), app);
  mountVisitor(hook(shell, "visitor-pane"), app);
  mountOffers(hook(document, "offers"), app);
  mountTitle(app);
  mountGuard(app);
  mountKeyboard(app);
  window.addEventListener("popstate", () => app.go(conversationOf(location.pathname, app.root), { silent: true }), { signal: ending.signal });
  app.layout.show(app.store.state.selected === null ? "list" : "thread");
  app.start();
}

const shell = document.querySelector("[data-console]");
if (shell instanceof HTMLElement) start(shell);
