/** What each shortcut, button and palette entry does: one handler per id of the table in `model/shortcuts.js`. */
import { acts, lastEditable } from "./model/acts.js";
import { neighbour } from "./model/sorting.js";
import { say } from "./messages.js";
import { openBlock, openUnblock } from "./views/block.js";
import { openClose, openHelp, openTransfer } from "./views/dialogs.js";
import { rowsOf } from "./views/inbox.js";
import { openPalette } from "./views/palette.js";
import { nameOf } from "./views/row.js";

/** @param {any} app */
function selected(app) {
  const { state } = app.store;
  const one = state.conversations[state.selected ?? ""];
  return one ? { one, can: acts(state, one) } : null;
}

/** Close, and offer to undo it. @param {any} app @param {any} one @param {string} outcome */
async function close(app, one, outcome) {
  const answer = await app.session.close(one.id, outcome);
  if (answer === null) return false;
  app.toasts.show({ text: say.closed(nameOf(one)), action: { label: say.undo, run: () => app.session.act("reopen", one.id) } });
  return true;
}

/** Take what the server gives and go there, with the list in which it stands now. @param {any} app @param {Promise<any>} asked */
async function follow(app, asked) {
  const answer = await asked;
  if (answer?.type !== "assigned") return;
  const { id } = answer.conversation;
  if (!answer.watching && app.store.state.view === "queue") app.show("mine");
  app.go(id);
  const one = app.store.state.conversations[id];
  if (one && !answer.watching) {
    app.announce(say.announceClaimed(nameOf(one)));
    app.focus.composer();
  }
}

/** @param {any} app @param {1|-1} step */
function move(app, step) {
  const id = neighbour(rowsOf(app.store.state), app.store.state.selected, step);
  if (id !== null) app.go(id, { replace: app.store.state.selected !== null });
}

/** @param {any} app */
function escape(app) {
  const { state } = app.store;
  const active = document.activeElement;
  if (state.editing) app.store.dispatch({ type: "editing", editing: null });
  else if (active instanceof HTMLElement && active.matches("input, textarea, select")) active.blur();
  else if (app.layout.overlaid) app.layout.toggleVisitor();
}

/** @param {any} app @returns {Record<string, () => void>} */
function aboutConversation(app) {
  /** Run when there is a conversation and it may be done. @param {string} may @param {(one: any) => void} run */
  const when = (may, run) => () => {
    const found = selected(app);
    if (found && found.can[/** @type {"reply"} */ (may)]) run(found.one);
  };
  /** @type {Set<string>} asked and not answered yet: a double click is one click */
  const asked = new Set();
  const act = (/** @type {"claim"} */ type) => when(type, async (one) => {
    const key = `${type} ${one.id}`;
    if (asked.has(key)) return;
    asked.add(key);
    await follow(app, app.session.act(type, one.id));
    asked.delete(key);
  });
  return {
    reply: when("reply", () => app.write("reply")),
    note: when("note", () => app.write("note")),
    tags: when("tag", () => {
      if (!app.layout.visitorOpen) app.layout.toggleVisitor();
      app.focus.tags();
    }),
    transfer: when("transfer", (one) => openTransfer(app, one.id)),
    close: when("close", (one) => openClose(app, one.id, (outcome) => close(app, one, outcome))),
    closeNext: when("close", async (one) => {
      if (await close(app, one, "resolved")) app.run("next");
    }),
    block: () => {
      const found = selected(app);
      if (found?.can.block) openBlock(app, found.one);
      else if (found?.can.unblock) openUnblock(app, found.one);
    },
    editLast: () => {
      const found = selected(app);
      const message = found && found.one.status !== "closed" ? lastEditable(app.store.state, found.one.id, app.now()) : null;
      if (message) app.edit(message);
    },
    claim: act("claim"),
    watch: act(/** @type {"claim"} */ ("watch")),
    unwatch: when("unwatch", (one) => app.session.unwatch(one.id)),
    reopen: when("reopen", (one) => app.session.act("reopen", one.id)),
  };
}

/** @param {any} app @returns {Record<string, () => void>} */
export function createActions(app) {
  let isTaking = false;
  const next = async () => {
    if (isTaking || !app.may("take")) return; // a double click takes one
    isTaking = true;
    await follow(app, app.session.next());
    isTaking = false;
  };
  return {
    help: openHelp,
    palette: () => openPalette(app),
    escape: () => escape(app),
    availability: () => app.session.availability(app.store.state.status === "online" ? "away" : "online"),
    foldPane: () => app.layout.toggleVisitor(),
    foldList: () => app.layout.toggleList(),
    search: () => {
      if (app.layout.narrow) app.layout.show("list");
      app.focus.search();
    },
    down: () => move(app, 1),
    up: () => move(app, -1),
    next,
    viewQueue: () => app.show("queue"),
    viewMine: () => app.show("mine"),
    viewAll: () => app.show("all"),
    back: () => app.go(null),
    ...aboutConversation(app),
  };
}

/**
 * Buttons inside rows and notices, by `data-act`.
 * @param {any} app
 * @param {HTMLElement|null} button
 */
export function clicked(app, button) {
  if (!button) return;
  const { act, client, conversation, message } = button.dataset;
  if (act === "retry") app.session.retry(client);
  else if (act === "discard") app.session.discard(client);
  else if (act === "accept") follow(app, app.session.act("accept", conversation));
  else if (act === "decline") app.session.decline(conversation);
  else if (act === "edit") {
    const { state } = app.store;
    const found = state.threads[state.selected ?? ""]?.messages.find((/** @type {any} */ one) => one.id === message);
    if (found) app.edit(found);
  }
}
