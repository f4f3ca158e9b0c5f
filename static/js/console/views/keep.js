/** The dialog in which an agent keeps what he has written for himself, and removes what he kept. */
import { el, fill, listen, setAttributes } from "../../shared/dom.js";
import { say } from "../messages.js";
import { openDialog } from "./dialog.js";

/** @param {string} label @param {any} control @param {string} name */
function field(label, control, name) {
  const wrong = el("span", { class: "field__error", id: `keep-${name}-wrong`, role: "alert" });
  setAttributes(control, { name, class: "input", required: true, "aria-describedby": wrong.id });
  return { control, wrong, node: el("label", { class: "field" }, el("span", {}, label), control, wrong) };
}

/** What is kept already, each with a button that removes it. @param {any} app @param {any} list */
function showOwn(app, list) {
  const own = app.canned.all.filter((/** @type {any} */ one) => one.own);
  list.hidden = own.length === 0;
  const rows = own.map((/** @type {any} */ one) =>
    el("li", { class: "kept__one" },
      el("span", { class: "slash__code" }, `/${one.shortcut}`), " ", el("span", { dir: "auto" }, one.title), " ",
      el("button", { class: "button button-ghost", type: "button", "data-id": one.id, "data-shortcut": one.shortcut }, say.canned.remove(one.shortcut)),
    ));
  fill(list, el("h3", {}, say.canned.yours), el("ul", { role: "list" }, ...rows));
}

/** @param {any} app @param {string} text what stands in the composer */
export async function openKeep(app, text) {
  await app.canned.refresh();
  const fields = {
    shortcut: field(say.canned.shortcut, el("input", { type: "text", maxlength: "40", autocomplete: "off", autocapitalize: "off" }), "shortcut"),
    title: field(say.canned.name, el("input", { type: "text", maxlength: "120", autocomplete: "off", dir: "auto" }), "title"),
    text: field(say.canned.text, el("textarea", { rows: "5", maxlength: "8000", dir: "auto" }), "text"),
  };
  const failed = el("p", { class: "field__error", role: "alert" });
  const list = el("section", { class: "kept" });
  fields.text.control.value = text;

  async function send() {
    const given = { shortcut: fields.shortcut.control.value, title: fields.title.control.value, text: fields.text.control.value };
    const wrong = await app.canned.keep(given);
    if (wrong === null) {
      close();
      app.toasts.show({ text: say.canned.kept(given.shortcut) });
      return;
    }
    for (const [name, { control, wrong: said }] of Object.entries(fields)) {
      said.textContent = (wrong[name] ?? []).join(" ");
      setAttributes(control, { "aria-invalid": wrong[name] ? "true" : null });
    }
    failed.textContent = Object.keys(wrong).length === 0 ? say.canned.failed : "";
    Object.entries(fields).find(([name]) => wrong[name])?.[1].control.focus();
  }

  const { dialog, close } = openDialog({
    title: say.canned.keepTitle,
    body: [el("p", {}, say.canned.keepAbout), ...Object.values(fields).map((one) => one.node), failed, list],
    acts: [el("button", { class: "button button-primary", type: "submit" }, say.canned.save)],
    onSubmit: () => {
      send();
      return false;
    },
  });
  listen(list, "click", async (event) => {
    const button = event.target.closest("[data-id]");
    if (!button) return;
    const done = (await app.canned.remove(button.dataset.id)) === null;
    failed.textContent = done ? "" : say.canned.failed;
    if (!done) return;
    showOwn(app, list);
    app.announce(say.canned.removed(button.dataset.shortcut));
    fields.shortcut.control.focus();
  }, app.signal);
  showOwn(app, list);
  dialog.querySelector("input")?.focus();
}
