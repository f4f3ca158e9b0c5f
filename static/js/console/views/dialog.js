/** Native dialogs: made when opened, gone when closed; the browser keeps the focus in and gives it back. */
import { el, listen } from "../../shared/dom.js";
import { say } from "../messages.js";

let made = 0;

/**
 * Open a modal dialog.
 * @param {object} options
 * @param {string} options.title
 * @param {(Node|string|null|false)[]} options.body
 * @param {(Node|null)[]} [options.acts] buttons beside Cancel
 * @param {string} [options.cancel]
 * @param {(event: SubmitEvent) => void|false} [options.onSubmit] the form was sent; the dialog closes, unless it says false
 * @returns {{dialog: any, form: any, close: () => void}}
 */
export function openDialog({ title, body, acts = [], cancel = say.cancel, onSubmit = () => {} }) {
  const ending = new AbortController();
  made += 1;
  const id = `dialog-title-${made}`;
  const stop = el("button", { class: "button button-ghost", type: "button" }, cancel);
  const form = el(
    "form",
    { class: "dialog__body", method: "dialog" },
    el("h2", { class: "dialog__title", id }, title),
    ...body,
    el("div", { class: "dialog__acts" }, stop, ...acts),
  );
  const dialog = el("dialog", { class: "dialog", "aria-labelledby": id }, form);
  const close = () => dialog.close();
  listen(stop, "click", close, ending.signal);
  listen(form, "submit", (event) => {
    event.preventDefault();
    if (onSubmit(event) !== false) close();
  }, ending.signal);
  listen(dialog, "click", (event) => event.target === dialog && close(), ending.signal);
  listen(dialog, "close", () => {
    ending.abort();
    dialog.remove();
  }, ending.signal);
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, form, close };
}

/** Whether a dialog lies over the page: then its keys are its own. */
export const dialogIsOpen = () => document.querySelector("dialog[open]") !== null;
