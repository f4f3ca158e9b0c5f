/** What all views share: the store, the session, and going from one conversation to another. */
import { announcer } from "../shared/announce.js";
import { systemClock } from "../shared/connection.js";
import { formats } from "../shared/time.js";
import { clicked, createActions } from "./actions.js";
import { cannedResponses } from "./live/canned.js";
import { reasonOf } from "./live/reason.js";
import { Session } from "./live/session.js";
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

/** What the page's own form says of itself, beside what is sent with it. */
const ownTokens = () => new FormData(/** @type {HTMLFormElement} */ (document.querySelector("form[data-own-responses]")));

/**
 * Say what happened outside of the open conversation, or to the agent's own request.
 * @param {any} app
 * @param {{kind: string, [field: string]: any}} event
 */
function notified(app, event) {
  const { kind } = event;
  if (kind === "turnedAway") reasonOf(app.root).then((code) => app.store.dispatch({ type: "reason", code }));
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

/** Once a second, while the page lives. @param {any} app */
function createTicker(app) {
  /** @type {Set<() => void>} */
  const runs = new Set();
  let seconds = 0;
  return {
    /** @param {() => void} run */
    onTick: (run) => runs.add(run),
    /** @param {number} period seconds @param {() => void} run */
    every: (period, run) => runs.add(() => { if (seconds % period === 0) run(); }),
    start() {
      const timer = setInterval(() => {
        seconds += 1;
        app.store.dispatch({ type: "tick", now: app.now() });
        for (const run of runs) run();
      }, 1000);
      app.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    },
  };
}

/** What views may ask for. @param {any} app */
function doors(app) {
  const actions = createActions(app);
  return {
    may: (/** @type {any} */ name) => may(app.store.state, name),
    has: (/** @type {string} */ id) => Object.hasOwn(actions, id),
    run: (/** @type {string} */ id) => actions[id](),
    clicked: (/** @type {any} */ button) => clicked(app, button),
    show: (/** @type {any} */ view, /** @type {any} */ filter) => show(app, view, filter),
    go: (/** @type {any} */ id, /** @type {any} */ how) => go(app, id, how),
    write: (/** @type {any} */ mode) => write(app, mode),
    more: () => moreOfList(app),
    /** @param {import("./model/types.js").Message} message */
    edit(message) {
      app.store.dispatch({ type: "editing", editing: { conversation: app.store.state.selected, id: message.id, text: message.text } });
      app.focus.composer();
    },
  };
}

/** @param {ReturnType<typeof createPrefs>} prefs @param {string} root */
function openStore(prefs, root) {
  const wanted = prefs.get("view");
  const view = wanted === "mine" || wanted === "all" ? wanted : "queue";
  const start = initialState({ view, selected: conversationOf(location.pathname, root) });
  return createStore(reduce, start, (run) => queueMicrotask(run));
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
  const announced = announcer(region, { clock, summary: say.newVisitor });
  /** @type {any} */
  const app = {
    root,
    signal,
    clock,
    prefs,
    store: openStore(prefs, root),
    drafts: createDrafts(),
    formats: formats(document.documentElement.lang || undefined),
    theme: themeOf(document),
    focus: { composer: () => {}, search: () => {}, tags: () => {} },
    now: () => clock.now(),
    looking: () => false,
    announce: announced.say,
  };
  app.session = new Session({ url: socket, store: app.store, looking: (id) => app.looking(id), notify: (event) => notified(app, event) });
  app.canned = cannedResponses({ url: `${root}canned-responses/`, tenant: () => app.store.state.tenant?.slug, tokens: ownTokens, now: app.now, signal });
  app.typing = typingSignal({ tell: (id, active) => app.session.typing(id, active), clock });
  const ticker = createTicker(app);
  Object.assign(app, doors(app), { onTick: ticker.onTick, every: ticker.every });
  signal.addEventListener("abort", () => {
    announced.stop();
    app.session.stop();
  }, { once: true });
  app.start = () => {
    ticker.start();
    app.session.start();
  };
  return app;
}
