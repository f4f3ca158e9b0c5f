/** The console's dialogs: transfer, close, shortcuts. */
import { el } from "../../shared/dom.js";
import { caps, SHORTCUTS } from "../model/shortcuts.js";
import { say } from "../messages.js";
import { openDialog } from "./dialog.js";
import { nameOf } from "./row.js";

/** @param {string} label @param {boolean} [danger] */
const submitButton = (label, danger = false) =>
  el("button", { class: `button ${danger ? "button-danger" : "button-primary"}`, type: "submit" }, label);

/** @param {string} status */
const presence = (status) => [
  el("span", { class: "presence", "data-status": status, "aria-hidden": "true" }),
  el("span", { class: "visually-hidden" }, say.presence[/** @type {"away"} */ (status)] ?? status),
];

/** @param {string} value @param {string} name @param {string} status @param {string|null} load @param {string} [loadLong] */
function receiver(value, name, status, load, loadLong) {
  return el(
    "label",
    { class: "choice" },
    el("input", { type: "radio", name: "to", value, required: true }),
    ...presence(status),
    el("span", { class: "choice__name", dir: "auto" }, name),
    load && el("span", { class: "chip" }, el("span", { "aria-hidden": "true" }, load), el("span", { class: "visually-hidden" }, loadLong)),
  );
}

/** @param {any} state */
function receivers(state) {
  const agents = state.agents
    .filter((/** @type {any} */ one) => one.id !== state.me?.id)
    .sort((/** @type {any} */ a, /** @type {any} */ b) => Number(b.status === "online") - Number(a.status === "online") || a.open - b.open || a.name.localeCompare(b.name))
    .map((/** @type {any} */ one) =>
      receiver(`agent ${one.id}`, one.name, one.status, say.load(one.open, one.capacity), say.loadLong(one.open, one.capacity)),
    );
  const departments = state.departments.map((/** @type {any} */ one) =>
    receiver(`department ${one.id}`, one.name, one.online ? "online" : "away", null),
  );
  return { agents, departments };
}

/** @param {any} app @param {string} id @param {string} kind agent or department @param {string} to @param {string} note */
async function transfer(app, id, kind, to, note) {
  const answer = await app.session.transfer(id, { [kind]: to, note });
  if (answer === null) return;
  const { agents, departments } = app.store.state;
  const receiver = [...agents, ...departments].find((/** @type {any} */ one) => one.id === to);
  const told = kind === "agent" ? say.offered : say.handed;
  app.toasts.show({ text: told(receiver?.name ?? "") });
}

/** @param {any} app @param {string} id */
export function openTransfer(app, id) {
  const { agents, departments } = receivers(app.store.state);
  if (agents.length + departments.length === 0) {
    app.toasts.show({ text: say.transferEmpty });
    return;
  }
  const group = (/** @type {string} */ legend, /** @type {any[]} */ choices) =>
    choices.length > 0 && el("fieldset", {}, el("legend", {}, legend), ...choices);
  const note = el("textarea", { class: "input", name: "note", rows: "2", maxlength: "500" });
  const { form } = openDialog({
    title: say.transferTitle,
    body: [
      group(say.transferAgents, agents),
      group(say.transferDepartments, departments),
      el("label", { class: "field" }, el("span", {}, say.transferNote), note),
    ],
    acts: [submitButton(say.transfer)],
    onSubmit: () => {
      const [kind, to] = String(new FormData(form).get("to")).split(" ");
      transfer(app, id, kind, to, note.value.trim());
    },
  });
}

/** @param {any} app @param {string} id @param {(outcome: string) => void} onClose */
export function openClose(app, id, onClose) {
  const one = app.store.state.conversations[id];
  const outcomes = Object.entries(say.outcomes).map(([value, label], index) =>
    el("label", { class: "choice" }, el("input", { type: "radio", name: "outcome", value, checked: index === 0 }), label),
  );
  const { form } = openDialog({
    title: say.closeTitle,
    body: [one ? el("p", { dir: "auto" }, nameOf(one)) : null, el("fieldset", {}, el("legend", {}, say.outcome), ...outcomes)],
    acts: [submitButton(say.close)],
    onSubmit: () => onClose(String(new FormData(form).get("outcome"))),
  });
  form.querySelector("input")?.focus();
}

/** A shortcut's keys, as caps. @param {string} keys */
export function keyCaps(keys) {
  const mac = /mac|iphone|ipad/i.test(navigator.platform);
  return caps(keys, mac).flatMap((step, index) => [
    index > 0 ? ` ${say.then} ` : "",
    ...step.flatMap((cap, place) => [place > 0 ? " " : "", el("kbd", {}, cap)]),
  ]);
}

export function openHelp() {
  const rows = SHORTCUTS.flatMap((row) => [el("dt", {}, row.label), el("dd", {}, ...keyCaps(row.keys))]);
  const { dialog } = openDialog({ title: say.helpTitle, body: [el("dl", { class: "keys" }, ...rows)], cancel: say.dismiss });
  const title = dialog.querySelector("h2");
  title.tabIndex = -1; // the only button stands at the end: focused, it would scroll the beginning away
  title.focus();
}
