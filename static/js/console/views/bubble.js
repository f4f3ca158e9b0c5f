/** One row of a thread: day, "New" line, system event, message, or a message on its way. */
import { el, fill, setAttributes } from "../../shared/dom.js";
import { rendered } from "../../shared/linkify.js";
import { say } from "../messages.js";

/** @typedef {import("../model/types.js").Message} Message */

/**
 * What was hidden, in words; null when nothing was.
 * @param {readonly {kind: string, count: number}[]|undefined} masked
 */
function hidden(masked) {
  const kinds = (masked ?? []).filter((one) => one.kind !== "held" && one.kind !== "withheld");
  if (kinds.length === 0) return null;
  const names = kinds.map(({ kind, count }) => {
    const known = Object.hasOwn(say.maskedKinds, kind) ? /** @type {keyof typeof say.maskedKinds} */ (kind) : "other";
    return say.maskedKinds[known](count);
  });
  return say.masked(names.join(", "));
}

/** @param {Message} message @param {string} kind */
const has = (message, kind) => (message.masked ?? []).some((one) => one.kind === kind);

/** @param {Message} message */
function body(message) {
  if (message.gone) return el("p", { class: "bubble bubble--absent" }, say.gone);
  if (has(message, "withheld")) return el("p", { class: "bubble bubble--absent" }, say.withheld);
  return el("p", { class: "bubble", dir: "auto" }, ...rendered(message.text));
}

/** @param {string} at @param {any} formats */
function clock(at, formats) {
  const moment = new Date(at);
  return el("time", { datetime: at, title: formats.full(moment) }, formats.clock(moment));
}

/** @param {Message} message @param {string|null} me */
function kindOf({ author }, me) {
  const side = author.kind === "visitor" ? "in" : "out";
  return { side, kind: author.kind, name: author.id === me && author.kind !== "visitor" ? say.you : author.name || say.visitor };
}

/** @param {any} item @param {{formats: any}} at */
function metaOf({ message, last, receipt, editable }, { formats }) {
  const facts = [
    last && clock(message.sent_at, formats),
    message.edited && say.edited,
    has(message, "held") && say.held,
    hidden(message.masked),
    receipt,
  ].filter(Boolean);
  const edit = editable && el("button", { class: "link-button", type: "button", "data-act": "edit", "data-message": message.id }, say.edit);
  if (facts.length === 0 && !edit) return null;
  return el("div", { class: "message__meta" }, ...facts.map((fact) => (typeof fact === "string" ? el("span", {}, fact) : fact)), edit);
}

/** @param {HTMLElement} element @param {any} item @param {{formats: any, me: string|null}} at */
function fillMessage(element, item, at) {
  const { message, first } = item;
  const { side, kind, name } = kindOf(message, at.me);
  setAttributes(element, { class: "message", "data-side": side, "data-kind": kind, "data-first": String(first), "data-seq": message.seq });
  const label = kind === "note" ? `${say.note} · ${name}` : name;
  fill(
    element,
    el("span", { class: first ? "message__author" : "visually-hidden" }, label),
    body(message),
    metaOf(item, at),
  );
}

/** @param {HTMLElement} element @param {any} item */
function fillPending(element, { pending, online }) {
  const failed = pending.state === "failed";
  const kind = pending.frame.type === "note" ? "note" : "agent";
  setAttributes(element, { class: "message", "data-side": "out", "data-kind": kind, "data-first": "true", "data-state": pending.state });
  const author = el("span", { class: "visually-hidden" }, kind === "note" ? `${say.note} · ${say.you}` : say.you);
  const text = el("p", { class: "bubble", dir: "auto" }, ...rendered(pending.frame.text));
  if (!failed) {
    fill(element, author, text, el("div", { class: "message__meta" }, online ? say.sending : say.queued));
    return;
  }
  const { refusal } = pending;
  const why = refusal ? `${refusal.text} ${refusal.detail} (${refusal.code})` : `(${pending.reason})`;
  const button = (/** @type {string} */ act, /** @type {string} */ label) =>
    el("button", { class: "link-button", type: "button", "data-act": act, "data-client": pending.clientId }, label);
  fill(
    element,
    author,
    text,
    el("div", { class: "message__meta message__meta--danger" }, el("span", {}, `${say.failed} ${why}`), button("retry", say.tryAgain), button("discard", say.discard)),
  );
}

/** @param {any} item */
export function createItem(item) {
  return el(item.kind === "day" ? "h3" : "div", {});
}

/** What an item shows, for comparing. @param {any} item */
export function itemFacts(item) {
  return [item.kind, item.message, item.first, item.last, item.receipt, item.editable, item.pending?.state, item.pending?.refusal, item.online, item.label];
}

/** @param {HTMLElement} element @param {any} item @param {{formats: any, me: string|null}} at */
export function updateItem(element, item, at) {
  if (item.kind === "day") {
    setAttributes(element, { class: "day" });
    fill(element, el("time", { datetime: item.at }, item.label));
  } else if (item.kind === "new") {
    setAttributes(element, { class: "fresh" });
    fill(element, say.newLine);
  } else if (item.kind === "system") {
    setAttributes(element, { class: "event", "data-code": item.message.code, "data-seq": item.message.seq });
    fill(element, el("span", { dir: "auto" }, item.message.text), " · ", clock(item.message.sent_at, at.formats));
  } else if (item.kind === "pending") fillPending(element, item);
  else fillMessage(element, item, at);
}
