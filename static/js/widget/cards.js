// @ts-check
/** The two questions that a chat may ask: how to reach the visitor, and how it was. Neither stands before the first message. */
import { el, fill, listen } from "../shared/dom.js";
import { profileOf } from "./profile.js";

/**
 * @param {HTMLElement} card @param {import("./types").Field[]} fields none: the e-mail address alone
 * @param {import("./types").Translate} say
 * @param {{save: (profile: object) => void, skip: () => void}} on @param {AbortSignal} signal
 */
export function askDetails(card, fields, say, { save, skip }, signal) {
  const asked = fields.length ? fields : [{ name: "email", label: say("email"), kind: "email", required: true, options: [] }];
  const inputs = asked.map((field, index) => control(field, `detail-${index}`));
  const error = el("p", { class: "error-text", role: "alert", hidden: true }, say("emailWrong"));
  const later = el("button", { type: "button", class: "text-button" }, say("skip"));
  const form = el("form", { class: "card-form", novalidate: true, "data-details": true },
    el("p", { class: "card-title" }, say("details")),
    ...inputs.map(({ row }) => row), error,
    el("div", { class: "card-actions" }, later, el("button", { class: "button button-primary" }, say("save"))));
  listen(later, "click", skip, signal);
  listen(form, "submit", (event) => {
    event.preventDefault();
    const wrong = inputs.find(({ input }) => !input.checkValidity());
    error.hidden = wrong?.field.kind !== "email";
    if (wrong) {
      wrong.input.setAttribute("aria-invalid", "true");
      wrong.input.focus();
      return;
    }
    save(profileOf(inputs.map(({ field, input }) => [field.name, input.value.trim()])));
    fill(card, el("p", { role: "status" }, say("saved")));
  }, signal);
  fill(card, form);
}

/** @param {import("./types").Field} field @param {string} id */
function control(field, id) {
  const required = field.required ? true : null;
  const input = field.kind === "choice"
    ? el("select", { id, class: "input", required }, el("option", { value: "" }, ""), ...field.options.map((option) => el("option", {}, option)))
    : el("input", { id, class: "input", required, maxlength: field.name === "name" ? 120 : 500, type: { email: "email", phone: "tel" }[field.kind] ?? "text",
      autocomplete: { email: "email", phone: "tel", name: "name" }[field.name] ?? null });
  return { field, input, row: el("div", { class: "field" }, el("label", { for: id }, field.label), input) };
}

/**
 * @param {HTMLElement} card @param {import("./types").Translate} say
 * @param {(score: number, comment: string) => Promise<unknown>} rate @param {AbortSignal} signal
 * @param {boolean} mayComment not where nothing of it would be kept
 */
export function askRating(card, say, rate, signal, mayComment) {
  const comment = el("textarea", { id: "rating-comment", class: "input", rows: 2, maxlength: 500 });
  const extra = el("div", { class: "field", hidden: true },
    ...(mayComment ? [el("label", { for: "rating-comment" }, say("comment")), comment] : []),
    el("div", { class: "card-actions" }, el("button", { class: "button button-primary" }, say("save"))));
  const scores = [1, 2, 3, 4, 5].map((score) => el("label", { class: "score" },
    el("input", { class: "visually-hidden", type: "radio", name: "score", value: score, "aria-label": say("score", { count: score }), "data-score": score }),
    el("span", { "aria-hidden": "true" }, "★")));
  const form = el("form", { class: "card-form", "data-rating": true },
    el("fieldset", {}, el("legend", { class: "card-title" }, say("rate")), el("div", { class: "scores" }, ...scores)), extra);
  listen(form, "change", () => {
    extra.hidden = false;
    card.scrollIntoView({ block: "end" }); // with its button, which the composer would hide
  }, signal);
  listen(form, "submit", async (event) => {
    event.preventDefault();
    try {
      await rate(Number(new FormData(form).get("score")), comment.value.trim());
      fill(card, el("p", { role: "status" }, say("rated")));
    } catch {
      comment.focus(); // nothing was stored: the same button tries again
    }
  }, signal);
  fill(card, form);
}
