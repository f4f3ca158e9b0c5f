/** The thread pane: who it is, what can be done, the strips above the log, who is typing. */
import { el, fill, listen, setAttributes } from "../../shared/dom.js";
import { acts } from "../model/acts.js";
import { threadOf } from "../model/state.js";
import { say } from "../messages.js";
import { mountComposer } from "./composer.js";
import { emptyState } from "./empty.js";
import { symbol } from "./icons.js";
import { mountLog } from "./log.js";
import { observe } from "./observe.js";
import { nameOf } from "./row.js";

/** @param {string} act @param {string} label @param {any} icon @param {string} [kind] */
function actButton(act, label, icon, kind = "") {
  return el("button", { class: `button act ${kind}`, type: "button", "data-run": act }, symbol(icon), el("span", { class: "act__text" }, label));
}

/** @param {any} app @param {any} state @param {any} one */
export function departmentName(app, state, one) {
  if (!one.department) return say.everybody;
  const told = typeof one.department === "object" ? one.department : null;
  return told?.name ?? state.departments.find((/** @type {any} */ d) => d.id === one.department)?.name ?? String(one.department);
}

/** @param {any} app @param {any} state @param {any} one */
function stateLine(app, state, one) {
  const holder = one.status === "open" ? one.assigned_to?.name ?? say.unassigned : null;
  return [say.status[/** @type {"open"} */ (one.status)], departmentName(app, state, one), holder].filter(Boolean).join(" · ");
}

/** @param {any} can */
function buttons(can) {
  return [
    can.claim && actButton("claim", say.claim, "take", "button-primary"),
    can.watch && actButton("watch", say.watch, "eye"),
    can.unwatch && actButton("unwatch", say.unwatch, "eye"),
    can.reopen && actButton("reopen", say.reopen, "reopen"),
    can.transfer && actButton("transfer", say.transfer, "transfer"),
    can.close && actButton("close", say.close, "close"),
  ];
}

/** @param {HTMLElement} head @param {any} app */
function mountHead(head, app) {
  const back = el("button", { class: "icon-button only-narrow", type: "button", "aria-label": say.back, "data-run": "back" }, symbol("back"));
  const name = el("bdi", {});
  const line = el("p", { class: "thread__state" });
  const tools = el("div", { class: "thread__acts" });
  const fold = el("button", { class: "icon-button", type: "button", "aria-label": say.showPane, "data-run": "foldPane" }, symbol("pane"));
  fill(head, back, el("div", { class: "thread__who" }, el("h2", { class: "thread__name" }, name), line), tools, fold);
  listen(head, "click", (event) => {
    const button = event.target.closest("[data-run]");
    if (button) app.run(button.dataset.run);
  }, app.signal);
  app.layout.foldButton = fold;
  let told = "";
  const pick = (/** @type {any} */ s) => [s.selected, s.conversations[s.selected ?? ""], s.permissions, s.departmentPermissions, s.me, s.departments, s.threads[s.selected ?? ""]?.watching];
  observe(app.store, pick, (state) => {
    const one = state.conversations[state.selected ?? ""];
    head.hidden = !state.selected;
    name.textContent = one ? nameOf(one) : say.visitor;
    line.textContent = one ? stateLine(app, state, one) : "";
    const can = one ? acts(state, one) : {};
    const now = JSON.stringify([state.selected, can]);
    if (now !== told) fill(tools, ...buttons(can)); // only then, or a button would lose its focus under the finger
    told = now;
  }, app.signal);
}

/** @param {HTMLElement} strips @param {HTMLElement} typing @param {any} app */
function mountStrips(strips, typing, app) {
  const pick = (/** @type {any} */ s) => {
    const id = s.selected ?? "";
    return [s.selected, s.typing[id], s.threads[id]?.watching, s.conversations[id]?.unstored];
  };
  observe(app.store, pick, (state) => {
    const id = state.selected;
    const writing = (id && state.typing[id]) || [];
    const agent = writing.find((/** @type {any} */ one) => one.author.kind !== "visitor");
    const visitor = writing.find((/** @type {any} */ one) => one.author.kind === "visitor");
    fill(
      strips,
      id && state.conversations[id]?.unstored && el("p", { class: "strip strip--quiet", "data-unstored": true }, say.unstored),
      id && threadOf(state, id).watching && el("p", { class: "strip strip--quiet" }, symbol("eye"), say.watching),
      agent && el("p", { class: "strip" }, say.collision(agent.author.name)),
    );
    typing.hidden = id === null;
    const text = visitor ? say.typing(visitor.author.name || say.visitor) : "";
    if (typing.textContent !== text) typing.textContent = text;
  }, app.signal);
}

/** @param {HTMLElement} root @param {any} app */
export function mountThread(root, app) {
  const head = el("header", { class: "thread__head" });
  const strips = el("div", { class: "thread__strips", role: "status" });
  const log = el("div", { class: "log", role: "log", tabindex: "0", "aria-live": "off" });
  const typing = el("p", { class: "typing", role: "status" });
  const pill = el("button", { class: "pill", type: "button", hidden: true });
  const composer = el("form", { class: "composer", "data-mode": "reply" });
  const foot = el("div", { class: "thread__foot" }, pill, typing, composer);
  const nothing = emptyState("thread");
  root.append(head, strips, log, nothing, foot);
  mountHead(head, app);
  mountStrips(strips, typing, app);
  app.log = mountLog(app, log, pill);
  mountComposer(composer, app);
  observe(app.store, (/** @type {any} */ state) => [state.selected], (state) => {
    nothing.hidden = state.selected !== null;
    foot.hidden = state.selected === null;
    setAttributes(root, { "data-empty": state.selected === null });
  }, app.signal);
}
