/** What all views share: the store, the session, and going from one conversation to another. */
import { announcer } from "../shared/announce.js";
import { systemClock } from "../shared/connection.js";
import { formats } from "../shared/time.js";
import { clicked, createActions } from "./actions.js";
import { createSession } from "./live/session.js";
import { typingSignal } from "./live/typing.js";
import { say } from "./messages.js";
import { may } from "./model/acts.js";
import { createDrafts } from "./model/drafts.js";
import { conversationOf, pathOf } from "./model/route.js";
import { initialState, reduce } from "./model/state.js";
import { createStore } from "./model/store.js";
import { createPrefs } from "./prefs.js";
import { themeOf } from "./theme.js";
import { nameOf } from "./views/row.js";

/**
 * Say what happened outside of the open conversation, or to the agent's own request.
 * @param {any} app
 * @param {{kind: string, [field: string]: any}} event
 */
function notified(app, event) {
  const { kind } = event;
  const name = (/** @type {string} */ id) => (app.store.state.conversations[id] ? nameOf(app.store.state.conversations[id]) : say.visitor);
  if (kind === "message") {
    const { author, text, conversation } = event.message;
    if (conversation === app.store.state.selected) app.announce(say.announceMessage(author.name || say.visitor, text));
  } else if (kind === "refused") {
    const { text, detail, code } = event.explained;
    const calm = code === "queue_empty" || code === "already_assigned";
    app.toasts.show({ text, detail: calm ? "" : `${detail} ${say.errorCode(code)}`.trim(), kind: calm ? "info" : "error" });
  } else if (kind === "lost" || kind === "timeout") {
    app.toasts.show({ text: say[kind], kind: "error" });
  } else if (kind === "assigned") {
    app.toasts.show({ text: say.newAssigned(name(event.id)), action: { label: say.show, run: () => app.go(event.id) } });
  } else if (kind === "offer") {
    app.announce(say.offer(app.store.state.offers.at(-1)?.from.name ?? "", name(event.id)));
  }
}

/** @param {any} app @param {"queue"|"mine"|"all"} view @param {"open"|"closed"} [filter] */
function show(app, view, filter) {
  app.store.dispatch({ type: "view", view, filter });
  app.prefs.set("view", view);
  if (app.layout.narrow) app.layout.show("list");
  const list = view === "all" ? (app.store.state.filter === "closed" ? "closed" : "all") : view;
  if (list !== "queue" && !app.store.state.lists[list].loaded) app.session.list(list);
}

/**
 * Choose a conversation, and say so in the address.
 * @param {any} app
 * @param {string|null} id
 * @param {{replace?: boolean, silent?: boolean}} [how] silent: the address has changed already
 */
function go(app, id, { replace = false, silent = false } = {}) {
  const before = app.store.state.selected;
  if (!silent && id !== before) {
    const path = pathOf(id, app.root);
    if (replace) history.replaceState(null, "", path);
    else history.pushState(null, "", path);
  }
  app.store.dispatch({ type: "select", id });
  app.layout.show(id === null ? "list" : "thread");
  if (id !== null) app.session.openThread(id);
}

/** @param {any} app @param {"reply"|"note"} mode */
function write(app, mode) {
  const id = app.store.state.selected;
  if (id === null) return;
  app.store.dispatch({ type: "mode", id, mode });
  app.focus.composer();
}

/** @param {any} app */
function moreOfList(app) {
  const { view, filter, query } = app.store.state;
  if (view === "queue" || query) return;
  app.session.list(view === "all" && filter === "closed" ? "closed" : view, true);
}

/**
 * @param {object} options
 * @param {string} options.root the console's path
 * @param {string} options.socket the agents' socket
 * @param {AbortSignal} options.signal ends everything
 * @param {HTMLElement} options.region live region
 */
export function createApp({ root, socket, signal, region }) {
  const clock = systemClock;
  const prefs = createPrefs(() => localStorage);
  const selected = conversationOf(location.pathname, root);
  const view = /** @type {"queue"} */ (["queue", "mine", "all"].includes(prefs.get("view")) ? prefs.get("view") : "queue");
  const store = createStore(reduce, initialState({ view, selected }), (run) => queueMicrotask(run));
  const announced = announcer(region, { clock, summary: say.newVisitor });
  /** @type {Set<() => void>} */
  const ticks = new Set();
  let seconds = 0;

  /** @type {any} */
  const app = {
    root, signal, clock, prefs, store,
    drafts: createDrafts(),
    formats: formats(document.documentElement.lang || undefined),
    theme: themeOf(document),
    focus: { composer: () => {}, search: () => {}, tags: () => {} },
    now: () => clock.now(),
    looking: () => false,
    announce: announced.say,
    may: (/** @type {any} */ name) => may(store.state, name),
    has: (/** @type {string} */ id) => Object.hasOwn(actions, id),
    run: (/** @type {string} */ id) => actions[id](),
    clicked: (/** @type {any} */ button) => clicked(app, button),
    show: (/** @type {any} */ view, /** @type {any} */ filter) => show(app, view, filter),
    go: (/** @type {any} */ id, /** @type {any} */ how) => go(app, id, how),
    write: (/** @type {any} */ mode) => write(app, mode),
    more: () => moreOfList(app),
    /** @param {import("./model/types.js").Message} message */
    edit(message) {
      const conversation = store.state.selected;
      store.dispatch({ type: "editing", editing: { conversation, id: message.id, text: message.text } });
      app.focus.composer();
    },
    /** Once a second while the page is seen. @param {() => void} run */
    onTick: (run) => ticks.add(run),
    /** @param {number} period seconds @param {() => void} run */
    every: (period, run) => ticks.add(() => { if (seconds % period === 0) run(); }),
  };
  app.session = createSession({ url: socket, store, looking: (id) => app.looking(id), notify: (event) => notified(app, event) });
  app.typing = typingSignal({ tell: app.session.typing, clock });
  const actions = createActions(app);

  app.start = () => {
    const timer = setInterval(() => {
      seconds += 1;
      store.dispatch({ type: "tick", now: clock.now() });
      for (const run of ticks) run();
    }, 1000);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      announced.stop();
      app.session.stop();
    }, { once: true });
    app.session.start();
  };
  return app;
}
