/** What lies over the page for a while: toasts with an undo, and incoming offers with their countdown. */
import { el, fill, listen } from "../../shared/dom.js";
import { say } from "../messages.js";
import { observe, reconcile } from "./observe.js";
import { nameOf } from "./row.js";

const SHOWN_MS = 6_000;
const UNDO_MS = 10_000;
const MOST_TOASTS = 3;

/** @param {HTMLElement} root @param {any} app */
export function mountToasts(root, app) {
  /** @type {Map<HTMLElement, () => void>} */
  const open = new Map();

  /** @param {{text: string, detail?: string, kind?: "info"|"error", action?: {label: string, run: () => void}}} toast */
  function show({ text, detail, kind = "info", action }) {
    const ending = new AbortController();
    /** @type {any} */
    let timer;
    const element = el("div", { class: "toast", "data-kind": kind });
    const close = () => {
      app.clock.clearTimeout(timer);
      ending.abort();
      open.delete(element);
      element.remove();
    };
    const wait = () => {
      app.clock.clearTimeout(timer);
      timer = app.clock.setTimeout(close, action ? UNDO_MS : SHOWN_MS);
    };
    const act = action && el("button", { class: "button", type: "button" }, action.label);
    const dismiss = el("button", { class: "icon-button", type: "button", "aria-label": say.dismiss }, "×");
    fill(element, el("p", { class: "toast__text" }, text, detail && el("small", {}, detail)), act, dismiss);
    if (action) listen(act, "click", () => { close(); action.run(); }, ending.signal);
    listen(dismiss, "click", close, ending.signal);
    // Who reads or reaches for the button has all the time he needs.
    for (const type of ["pointerenter", "focusin"]) listen(element, type, () => app.clock.clearTimeout(timer), ending.signal);
    for (const type of ["pointerleave", "focusout"]) listen(element, type, wait, ending.signal);
    open.set(element, close);
    root.append(element);
    if (open.size > MOST_TOASTS) [...open.values()][0]();
    wait();
  }
  return { show, closeAll: () => { for (const close of [...open.values()]) close(); } };
}

/** @param {string} expires @param {number} now */
const secondsLeft = (expires, now) => Math.max(0, Math.ceil((Date.parse(expires) - now) / 1000));

/** @param {HTMLElement} element @param {any} offer @param {number} now */
function fillOffer(element, offer, now) {
  const button = (/** @type {string} */ act, /** @type {string} */ label, kind = "") =>
    el("button", { class: `button ${kind}`, type: "button", "data-act": act, "data-conversation": offer.conversation.id }, label);
  fill(
    element,
    el("p", { dir: "auto" }, say.offer(offer.from.name, nameOf(offer.conversation))),
    offer.note && el("p", { class: "hint", dir: "auto" }, offer.note),
    el(
      "div",
      { class: "offer__acts" },
      el("span", { class: "offer__left", "data-expires": offer.expires_at }, say.offerLeft(secondsLeft(offer.expires_at, now))),
      button("decline", say.decline),
      button("accept", say.accept, "button-primary"),
    ),
  );
}

/** @param {HTMLElement} root @param {any} app */
export function mountOffers(root, app) {
  listen(root, "click", (event) => app.clicked(event.target.closest("[data-act]")), app.signal);
  observe(app.store, (/** @type {any} */ state) => [state.offers], (state) => {
    reconcile(root, /** @type {any[]} */ (state.offers), {
      key: (offer) => offer.conversation.id,
      create: () => el("div", { class: "offer", role: "group" }),
      facts: (offer) => [offer],
      update: (element, offer) => fillOffer(element, offer, app.now()),
    });
  }, app.signal);
  app.onTick(() => {
    for (const left of root.querySelectorAll("[data-expires]")) {
      left.textContent = say.offerLeft(secondsLeft(left.getAttribute("data-expires") ?? "", app.now()));
    }
  });
}
