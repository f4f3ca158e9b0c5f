/**
 * The composer. Reply and note differ in colour, label and button, each keeps its own draft, and nothing but
 * the agent ever switches between them: a note must not leave as a reply.
 */
import { el, fill, listen, setAttributes } from "../../shared/dom.js";
import { acts } from "../model/acts.js";
import { charactersLeft } from "../model/drafts.js";
import { say } from "../messages.js";
import { openKeep } from "./keep.js";
import { observe } from "./observe.js";
import { SlashMenu } from "./slash.js";

/** @typedef {"reply"|"note"} Mode */

/** @param {any} can */
function closedText(can, one) {
  if (can.standing === "closed") return say.closedComposer;
  if (can.standing === "waiting") return say.waitingComposer;
  if (can.standing === "other" && can.note) return say.otherComposer(one.assigned_to?.name ?? say.unassigned);
  return say.readOnly;
}

/** @param {HTMLTextAreaElement} field */
function grow(field) {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.blockSize = "auto";
  field.style.blockSize = `${field.scrollHeight}px`;
}

/** @param {any} app */
function parts(app) {
  const modes = /** @type {Mode[]} */ (["reply", "note"]).map((mode) =>
    el("button", { class: "segment", type: "button", "data-mode": mode }, say.modes[mode]),
  );
  const field = el("textarea", { class: "composer__field", rows: "1", dir: "auto", enterkeyhint: "send", "aria-describedby": "composer-hint" });
  const send = el("button", { class: "button button-primary", type: "submit" });
  const cancel = el("button", { class: "button button-ghost", type: "button", hidden: true }, say.cancel);
  const counter = el("span", { class: "composer__counter", role: "status" });
  const keep = el("button", { class: "composer__keep", type: "button", hidden: true }, say.canned.keep);
  const hint = el("p", { class: "composer__hint" }, el("span", { id: "composer-hint" }, say.draftHint), keep, counter);
  const closed = el("p", { class: "composer__closed" });
  const row = el("div", { class: "composer__row" }, field, cancel, send);
  const bar = el("div", { class: "composer__modes", role: "group", "aria-label": say.modesLegend }, ...modes);
  const slash = new SlashMenu(field, app.canned, app.signal);
  const refused = el("p", { class: "composer__refused", role: "alert" });
  return { app, modes, bar, field, send, cancel, counter, hint, closed, row, slash, refused, keep };
}

/** Which text belongs into the field. @param {any} state @param {any} app @param {Mode} mode */
function textFor(state, app, mode) {
  return state.editing ? state.editing.text : app.drafts.get(state.selected, mode);
}

/** @param {any} ui @param {any} state @param {Mode} mode */
function label(ui, state, mode) {
  const kind = state.editing ? "edit" : mode;
  setAttributes(ui.field, { "aria-label": say.composer[kind], placeholder: say.composer[kind] });
  ui.send.textContent = say.send[kind];
  ui.cancel.hidden = !state.editing;
  for (const button of ui.modes) setAttributes(button, { "aria-pressed": String(button.dataset.mode === mode) });
}

/** @param {any} ui */
function count(ui) {
  const left = charactersLeft(ui.field.value);
  ui.counter.textContent = left === null ? "" : say.counter(left);
  setAttributes(ui.counter, { "data-over": left !== null && left < 0 ? "true" : null });
  ui.send.disabled = left !== null && left < 0;
  ui.refused.textContent = "";
  ui.keep.hidden = ui.field.value.trim() === "";
  grow(ui.field);
}

/** A refused correction stays in the field: nothing typed is lost. @param {any} app @param {any} editing @param {string} text */
async function saveEdit(app, editing, text) {
  const answer = await app.session.edit(editing.conversation, editing.id, text);
  if (answer !== null && app.store.state.editing === editing) app.store.dispatch({ type: "editing", editing: null });
}

/** @param {any} ui @param {() => Mode} mode */
function submit(ui, mode) {
  const { app, field } = ui;
  const { selected: id, editing } = app.store.state;
  const text = field.value;
  if (id === null || text.trim() === "" || ui.send.disabled) return;
  const gap = ui.slash.unfilled();
  if (gap !== null) {
    ui.refused.textContent = say.canned.unfilled(gap);
    return;
  }
  app.typing.stop();
  if (editing) {
    saveEdit(app, editing, text);
    return;
  }
  app.drafts.set(id, mode(), "");
  field.value = "";
  count(ui);
  app.session.send(id, mode(), text);
  app.store.dispatch({ type: "thread", id, patch: { newAfter: null } });
  app.log.toEnd();
  field.focus();
}

/** @param {any} ui @param {() => Mode} mode @param {HTMLFormElement} form */
function wire(ui, mode, form) {
  const { app, field, bar, cancel } = ui;
  listen(form, "submit", (event) => { event.preventDefault(); submit(ui, mode); }, app.signal);
  listen(bar, "click", (event) => {
    const chosen = event.target.closest("[data-mode]");
    if (chosen) app.write(chosen.dataset.mode);
  }, app.signal);
  listen(ui.keep, "click", () => openKeep(app, field.value), app.signal);
  listen(cancel, "click", () => app.store.dispatch({ type: "editing", editing: null }), app.signal);
  listen(field, "keydown", (event) => {
    if (ui.slash.took(event)) {
      event.preventDefault();
      return;
    }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    submit(ui, mode);
  }, app.signal);
  listen(field, "input", () => {
    const { selected: id, editing } = app.store.state;
    count(ui);
    if (id === null || editing) return;
    app.drafts.set(id, mode(), field.value);
    if (mode() === "reply" && field.value.trim()) app.typing.typed(id);
    else app.typing.stop();
  }, app.signal);
}

/** @param {HTMLFormElement} form @param {any} app */
export function mountComposer(form, app) {
  const ui = parts(app);
  fill(form, ui.bar, ui.closed, ui.slash.list, ui.row, ui.refused, ui.hint);
  const mode = () => /** @type {Mode} */ (app.store.state.modes[app.store.state.selected ?? ""] ?? "reply");
  wire(ui, mode, form);
  // A frame later: what made the field writable is rendered only after this turn.
  app.focus.composer = () => requestAnimationFrame(() => { if (!ui.row.hidden) ui.field.focus(); });
  let shown = "";
  const pick = (/** @type {any} */ s) => [s.selected, s.modes, s.editing, s.conversations[s.selected ?? ""], s.permissions, s.departmentPermissions, s.me];
  observe(app.store, pick, (state) => {
    const one = state.conversations[state.selected ?? ""];
    form.hidden = !one;
    if (!one) return;
    const can = acts(state, one);
    const now = mode();
    const writable = can[now] || state.editing !== null;
    setAttributes(form, { "data-mode": now });
    ui.bar.hidden = !can.reply && !can.note;
    for (const button of ui.modes) button.disabled = !can[/** @type {Mode} */ (button.dataset.mode)];
    ui.row.hidden = !writable;
    ui.hint.hidden = !writable;
    ui.closed.hidden = writable;
    ui.closed.textContent = writable ? "" : closedText(can, one);
    label(ui, state, now);
    const which = JSON.stringify([state.selected, now, state.editing?.id]);
    if (which === shown) return;
    shown = which;
    app.typing.stop();
    ui.slash.close(); // it was about another text
    ui.field.value = textFor(state, app, now);
    count(ui);
  }, app.signal);
}
