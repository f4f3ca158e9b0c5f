/** One conversation in a list. */
import { el, fill, setAttributes } from "../../shared/dom.js";
import { say } from "../messages.js";
import { waiting } from "../model/sorting.js";
import { initials } from "./icons.js";

/** @typedef {import("../model/types.js").Conversation} Conversation */

/** @param {Conversation} one */
export const nameOf = (one) => one.visitor?.name || say.visitor;

/**
 * How long somebody has waited: amber after one minute, red after three. `data-since` lets the clock renew it.
 * @param {string|null} since
 * @param {number} now
 * @param {any} formats
 */
export function waitingChip(since, now, formats) {
  const waits = waiting(since, now);
  if (waits === null) return null;
  const span = formats.span(waits.ms);
  const chip = el("span", { class: "chip", "data-level": waits.level, "data-since": since });
  fill(chip, el("span", { class: "visually-hidden" }, say.waited(span)), el("span", { "aria-hidden": "true" }, span));
  return chip;
}

/**
 * Renew the waiting times in place.
 * @param {ParentNode} root
 * @param {number} now
 * @param {any} formats
 */
export function renewWaiting(root, now, formats) {
  for (const chip of root.querySelectorAll("[data-since]")) {
    const waits = waiting(chip.getAttribute("data-since"), now);
    if (waits === null) continue;
    const span = formats.span(waits.ms);
    if (chip.lastElementChild?.textContent === span) continue;
    setAttributes(chip, { "data-level": waits.level });
    fill(chip, el("span", { class: "visually-hidden" }, say.waited(span)), el("span", { "aria-hidden": "true" }, span));
  }
}

/**
 * What a row shows, for comparing.
 * @param {{one: Conversation, selected: boolean, tabbable: boolean}} item
 */
export const rowFacts = ({ one, selected, tabbable }) => [one, selected, tabbable];

/** @param {{one: Conversation, href: string}} item */
export function createRow({ one, href }) {
  return el("li", {}, el("a", { class: "row", href, "data-conversation": one.id }));
}

/**
 * @param {HTMLElement} element
 * @param {{one: Conversation, selected: boolean, tabbable: boolean}} item
 * @param {{now: number, formats: any, me: string|null}} at
 */
export function updateRow(element, { one, selected, tabbable }, { now, formats, me }) {
  const link = /** @type {HTMLElement} */ (element.firstElementChild);
  setAttributes(link, { "aria-current": selected ? "true" : null, tabindex: tabbable ? "0" : "-1" });
  const holder = one.status === "open" && one.assigned_to && one.assigned_to.id !== me ? one.assigned_to.name : null;
  fill(
    link,
    el("span", { class: "avatar row__avatar", "aria-hidden": "true" }, initials(nameOf(one))),
    el("span", { class: "row__name" }, el("bdi", {}, nameOf(one))),
    el("span", { class: "row__text" }, el("bdi", {}, one.last_text ?? "")),
    el(
      "span",
      { class: "row__meta" },
      waitingChip(one.waiting_since, now, formats) ?? (one.status === "closed" ? say.status.closed : holder),
    ),
    one.unread > 0 &&
      el(
        "span",
        { class: "count count--strong row__badge" },
        el("span", { "aria-hidden": "true" }, String(Math.min(one.unread, 99))),
        el("span", { class: "visually-hidden" }, say.unread(one.unread)),
      ),
  );
}
