/** A conversation's tags: seen, added, removed. */
import { el, fill, listen } from "../../shared/dom.js";
import { acts } from "../model/acts.js";
import { say } from "../messages.js";
import { observe, reconcile } from "./observe.js";

const TAG_LENGTH = 40;

/** @param {string} tag @param {boolean} removable */
function parts(tag, removable) {
  const remove = removable && el("button", { class: "tag__remove", type: "button", "data-tag": tag, "aria-label": say.tags.remove(tag) }, "×");
  return [el("span", { dir: "auto" }, tag), remove];
}

/** @param {any} state @param {HTMLElement} list @param {HTMLElement} form */
function render(state, list, form) {
  const one = state.conversations[state.selected ?? ""];
  if (!one) return;
  const can = acts(state, one).tag;
  form.hidden = !can;
  list.hidden = one.tags.length === 0;
  reconcile(list, /** @type {string[]} */ (one.tags), {
    key: (tag) => tag,
    create: () => el("li", { class: "tag" }),
    facts: () => [can],
    update: (element, tag) => fill(element, ...parts(tag, can)),
  });
}

/** @param {HTMLElement} root @param {any} app */
export function mountTags(root, app) {
  const list = el("ul", { class: "tag-list", role: "list" });
  const field = el("input", { class: "input", type: "text", "aria-label": say.tags.add, placeholder: say.tags.add, autocomplete: "off" });
  const form = el("form", { class: "line-form" }, field, el("button", { class: "button", type: "submit" }, say.tags.addButton));
  fill(root, el("h3", {}, say.tags.title), list, form);
  app.focus.tags = () => field.focus();

  listen(form, "submit", (event) => {
    event.preventDefault();
    const id = app.store.state.selected;
    const tag = field.value.trim();
    if (id === null || tag === "") return;
    const over = [...tag].length - TAG_LENGTH; // as the server counts
    if (over > 0) {
      field.setCustomValidity(say.tags.tooLong(TAG_LENGTH, over));
      field.reportValidity();
      return;
    }
    field.value = "";
    if (!app.store.state.conversations[id]?.tags.includes(tag)) app.session.tag(id, { add: [tag] });
  }, app.signal);
  listen(field, "input", () => field.setCustomValidity(""), app.signal);
  listen(list, "click", (event) => {
    const button = event.target.closest("[data-tag]");
    const id = app.store.state.selected;
    if (!button || id === null) return;
    app.session.tag(id, { remove: [button.dataset.tag] });
    field.focus();
  }, app.signal);

  const pick = (/** @type {any} */ s) => [s.selected, s.conversations[s.selected ?? ""]?.tags, s.permissions];
  observe(app.store, pick, (state) => render(state, list, form), app.signal);
}
