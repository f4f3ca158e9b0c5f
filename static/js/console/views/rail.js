/** The rail: what is always at hand, and the menu of the agent himself. */
import { el, fill, listen, setAttributes } from "../../shared/dom.js";
import { say } from "../messages.js";
import { THEMES } from "../theme.js";
import { initials, symbol } from "./icons.js";
import { observe } from "./observe.js";

/** @param {string} act @param {string} label @param {any} icon */
const railButton = (act, label, icon) =>
  el("button", { class: "icon-button", type: "button", "aria-label": label, title: label, "data-run": act }, symbol(icon));

/** @param {any} app @param {HTMLElement} place */
function mountTheme(app, place) {
  const buttons = THEMES.map((theme) => el("button", { class: "segment", type: "button", "data-theme-choice": theme }, say.theme[theme]));
  const show = () => {
    for (const button of buttons) setAttributes(button, { "aria-pressed": String(button.dataset.themeChoice === app.theme.current) });
  };
  fill(place, el("legend", {}, say.theme.legend), el("div", { class: "menu__choices" }, ...buttons));
  listen(place, "click", (event) => {
    const chosen = event.target.closest("[data-theme-choice]");
    if (!chosen) return;
    app.theme.choose(chosen.dataset.themeChoice);
    show();
  }, app.signal);
  show();
}

/** @param {any} app @param {HTMLElement} place */
function mountMenu(app, place) {
  const who = el("p", { class: "menu__who" });
  const online = el("input", { type: "checkbox", role: "switch" });
  const keys = el("input", { type: "checkbox", role: "switch" });
  const theme = el("fieldset", {});
  keys.checked = app.prefs.get("singleKeys");
  fill(place, who, el("label", { class: "menu__line" }, online, say.goOnline), el("label", { class: "menu__line" }, keys, say.singleKeys), theme);
  mountTheme(app, theme);
  listen(online, "change", () => app.session.availability(online.checked ? "online" : "away"), app.signal);
  listen(keys, "change", () => app.prefs.set("singleKeys", keys.checked), app.signal);
  observe(app.store, (/** @type {any} */ s) => [s.me, s.tenant, s.status, s.agents, s.capacity], (state) => {
    const own = state.agents.find((/** @type {any} */ one) => one.id === state.me?.id);
    const load = own ? say.loadLong(own.open, own.capacity) : null;
    fill(who, state.me?.name ?? "", el("small", {}, [state.tenant?.name, load].filter(Boolean).join(" · ")));
    online.checked = state.status === "online";
  }, app.signal);
}

/** @param {any} app @param {HTMLElement} place */
function mountPresence(app, place) {
  const dot = el("span", { class: "presence", "aria-hidden": "true" });
  const load = el("span", { class: "rail__load" });
  const toggle = el("button", { class: "icon-button rail__presence", type: "button", "data-run": "availability" }, dot, load);
  place.append(toggle);
  observe(app.store, (/** @type {any} */ s) => [s.status, s.agents, s.me], (state) => {
    const status = state.status ?? "away";
    const own = state.agents.find((/** @type {any} */ one) => one.id === state.me?.id);
    const label = [say.availability(say.presence[/** @type {"away"} */ (status)].toLowerCase()), own && say.loadLong(own.open, own.capacity)].filter(Boolean).join(", ");
    setAttributes(dot, { "data-status": status });
    setAttributes(toggle, { "aria-label": label, title: label });
    load.textContent = own ? say.load(own.open, own.capacity) : "";
  }, app.signal);
}

/** @param {HTMLElement} root @param {HTMLElement} menu @param {any} app */
export function mountRail(root, menu, app) {
  const place = /** @type {HTMLElement} */ (menu.querySelector("[data-menu-body]"));
  const face = el("span", { class: "avatar", "aria-hidden": "true" });
  const account = el("button", { class: "icon-button", type: "button", popovertarget: menu.id, "aria-label": say.account, title: say.account }, face);
  fill(root, railButton("viewQueue", say.tabs.queue, "inbox"), railButton("palette", say.paletteTitle, "command"), railButton("help", say.helpTitle, "help"), el("span", { class: "rail__spring" }));
  mountPresence(app, root);
  root.append(account);
  mountMenu(app, place);
  listen(root, "click", (event) => {
    const button = event.target.closest("[data-run]");
    if (button) app.run(button.dataset.run);
  }, app.signal);
  observe(app.store, (/** @type {any} */ s) => [s.me], (state) => {
    face.textContent = initials(state.me?.name ?? "");
  }, app.signal);
}
