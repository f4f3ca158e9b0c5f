/** The list pane: tabs with counts, filter, and the rows with one tab stop among them. */
import { el, fill, listen, setAttributes } from "../../shared/dom.js";
import { say } from "../messages.js";
import { pathOf } from "../model/route.js";
import { listOf } from "../model/sorting.js";
import { emptyState, skeleton } from "./empty.js";
import { observe, reconcile } from "./observe.js";
import { createRow, renewWaiting, rowFacts, updateRow } from "./row.js";

/** @typedef {"queue"|"mine"|"all"} View */
const VIEWS = /** @type {const} */ (["queue", "mine", "all"]);

/** @param {import("../model/state.js").State} state */
const options = (state) => ({ me: state.me?.id ?? null, filter: state.filter, query: state.query });

/**
 * The rows on screen, for the list and for J and K.
 * @param {import("../model/state.js").State} state
 */
export const rowsOf = (state) => listOf(state.conversations, state.view, options(state));

/** @param {import("../model/state.js").State} state @param {View} view */
function countOf(state, view) {
  const found = listOf(state.conversations, view, { ...options(state), filter: "open", query: "" }).length;
  return view === "queue" ? found + state.queueBeyond : found;
}

/** @param {import("../model/state.js").State} state */
function loadedOf(state) {
  if (state.view === "queue") return state.queueLoaded;
  if (state.view === "mine") return state.lists.mine.loaded;
  return state.lists[state.filter === "closed" ? "closed" : "all"].loaded;
}

/** @param {any} app @param {HTMLElement} bar */
function mountTabs(app, bar) {
  const tabs = VIEWS.map((view) =>
    el("button", { class: "tabs__tab", type: "button", role: "tab", id: `tab-${view}`, "aria-controls": "inbox-panel", "data-view": view }),
  );
  fill(bar, ...tabs);
  listen(bar, "click", (event) => {
    const tab = event.target.closest("[data-view]");
    if (tab) app.show(tab.dataset.view);
  }, app.signal);
  listen(bar, "keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[/** @type {"ArrowLeft"} */ (event.key)];
    if (!step) return;
    const forward = getComputedStyle(bar).direction === "rtl" ? -step : step;
    const at = (VIEWS.indexOf(app.store.state.view) + forward + VIEWS.length) % VIEWS.length;
    event.preventDefault();
    app.show(VIEWS[at]);
    tabs[at].focus();
  }, app.signal);
  observe(app.store, (/** @type {any} */ state) => [state.view, state.conversations, state.queueBeyond, state.me], (state) => {
    VIEWS.forEach((view, index) => {
      const chosen = state.view === view;
      const count = countOf(state, view);
      const more = view === "all" && state.lists.all.more ? "+" : "";
      setAttributes(tabs[index], { "aria-selected": String(chosen), tabindex: chosen ? "0" : "-1" });
      fill(tabs[index], say.tabs[view], el("span", { class: "count" }, `${count}${more}`));
    });
  }, app.signal);
}

/** @param {any} app @param {HTMLElement} bar */
function mountFilter(app, bar) {
  const buttons = /** @type {const} */ (["open", "closed"]).map((filter) =>
    el("button", { class: "segment", type: "button", "data-filter": filter }, say.filterAll[filter]),
  );
  fill(bar, ...buttons);
  listen(bar, "click", (event) => {
    const chosen = event.target.closest("[data-filter]");
    if (chosen) app.show("all", chosen.dataset.filter);
  }, app.signal);
  observe(app.store, (/** @type {any} */ state) => [state.view, state.filter], (state) => {
    bar.hidden = state.view !== "all";
    for (const button of buttons) setAttributes(button, { "aria-pressed": String(button.dataset.filter === state.filter) });
  }, app.signal);
}

/**
 * Arrow keys move among the rows; the list is one tab stop.
 * @param {any} app
 * @param {HTMLElement} list
 */
function mountRoving(app, list) {
  listen(list, "keydown", (event) => {
    const links = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("a.row")]);
    const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[/** @type {"Home"} */ (event.key)];
    if (to === undefined || at < 0 || !links[to]) return;
    event.preventDefault();
    for (const link of links) link.tabIndex = link === links[to] ? 0 : -1;
    links[to].focus();
  }, app.signal);
  listen(list, "click", (event) => {
    const link = event.target.closest("a.row");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    app.go(link.dataset.conversation);
  }, app.signal);
}

/** @param {any} app @param {HTMLElement} tools */
function mountTools(app, tools) {
  const search = el("input", { class: "inbox__search", type: "search", "aria-label": say.search, placeholder: say.search, autocomplete: "off" });
  const next = el("button", { class: "button button-primary", type: "button" }, say.next);
  fill(tools, search, next);
  listen(search, "input", () => app.store.dispatch({ type: "query", query: search.value }), app.signal);
  listen(next, "click", () => app.run("next"), app.signal);
  observe(app.store, (/** @type {any} */ state) => [state.permissions], () => {
    next.hidden = !app.may("take");
  }, app.signal);
  app.focus.search = () => search.focus();
}

/** @param {HTMLElement} root @param {any} app */
export function mountInbox(root, app) {
  const tools = el("div", { class: "inbox__tools" });
  const tabs = el("div", { class: "tabs", role: "tablist", "aria-label": say.appName });
  const filter = el("div", { class: "inbox__filter" });
  const list = el("ul", { class: "rows", role: "list" });
  const rest = el("div", {});
  const panel = el("div", { class: "inbox__panel", role: "tabpanel", id: "inbox-panel" }, list, rest);
  fill(root, el("div", { class: "inbox__head" }, tools, tabs), filter, panel);
  mountTools(app, tools);
  mountTabs(app, tabs);
  mountFilter(app, filter);
  mountRoving(app, list);
  listen(panel, "scroll", () => {
    if (panel.scrollHeight - panel.scrollTop - panel.clientHeight < 400) app.more();
  }, app.signal, { passive: true });

  const loading = skeleton(app.clock);
  observe(
    app.store,
    (/** @type {any} */ state) => [state.conversations, state.view, state.filter, state.query, state.selected, state.me, state.lists, state.queueLoaded],
    (state) => {
      const rows = rowsOf(state);
      const tabbable = rows.some((one) => one.id === state.selected) ? state.selected : rows[0]?.id;
      setAttributes(panel, { "aria-labelledby": `tab-${state.view}`, tabindex: rows.length ? null : "0" });
      const items = rows.map((one) => ({ one, href: pathOf(one.id, app.root), selected: one.id === state.selected, tabbable: one.id === tabbable }));
      reconcile(list, items, {
        key: (item) => item.one.id,
        create: createRow,
        facts: rowFacts,
        update: (element, item) => updateRow(element, item, { now: app.now(), formats: app.formats, me: state.me?.id ?? null }),
      });
      const name = state.query ? "filtered" : state.view === "all" && state.filter === "closed" ? "closed" : state.view;
      if (rows.length) loading.hide(), fill(rest);
      else if (!loadedOf(state)) loading.showIn(rest);
      else loading.hide(), fill(rest, emptyState(name));
    },
    app.signal,
  );
  app.onTick(() => renewWaiting(list, app.now(), app.formats));
}
