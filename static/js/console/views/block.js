/** The dialogs that block a visitor and let one in again. */
import { el } from "../../shared/dom.js";
import { say } from "../messages.js";
import { openDialog } from "./dialog.js";
import { nameOf } from "./row.js";

/** @param {any} app @param {any} one */
export function openBlock(app, one) {
  const reason = el("textarea", { class: "input", name: "reason", rows: "2", maxlength: "500" });
  const days = el("select", { class: "input", name: "days" }, ...say.blockTimes.map(([value, label]) => el("option", { value }, label)));
  const address = el("input", { type: "checkbox", name: "address" });
  openDialog({
    title: say.block,
    body: [
      el("p", { dir: "auto" }, nameOf(one)),
      el("p", { class: "hint" }, say.blockAbout),
      el("label", { class: "field" }, el("span", {}, say.blockReason), reason),
      el("label", { class: "field" }, el("span", {}, say.blockDays), days),
      one.visitor?.address ? el("label", { class: "choice" }, address, say.blockAddress) : null,
    ],
    acts: [el("button", { class: "button button-danger", type: "submit" }, say.block)],
    onSubmit: () => {
      block(app, one, { reason: reason.value.trim(), address: address.checked, ...(days.value ? { days: Number(days.value) } : {}) });
    },
  });
  reason.focus();
}

/** The question before somebody is let in again whom perhaps a colleague blocked. @param {any} app @param {any} one */
export function openUnblock(app, one) {
  const letIn = el("button", { class: "button button-primary", type: "submit" }, say.unblock);
  openDialog({
    title: say.unblock,
    body: [el("p", { dir: "auto" }, nameOf(one)), el("p", { class: "hint" }, say.unblockAbout)],
    acts: [letIn],
    onSubmit: () => { unblock(app, one); },
  });
  letIn.focus();
}

/** @param {any} app @param {any} one */
async function unblock(app, one) {
  if ((await app.session.unblock(one.id)) !== null) app.toasts.show({ text: say.unblocked(nameOf(one)) });
}

/** @param {any} app @param {any} one @param {{reason: string, days?: number, address: boolean}} terms */
async function block(app, one, terms) {
  if ((await app.session.block(one.id, terms)) !== null) app.toasts.show({ text: say.blocked(nameOf(one)) });
}
