// @ts-check
/** The top of the panel: whose chat this is, how it stands, and the menu. */
import { fill, hook, icon, listen, setAttributes } from "../shared/dom.js";

const DAY = 86_400_000;

/**
 * When somebody is back, as the visitor's own clock and language have it: a time today, a weekday, or a date.
 *
 * @param {Date} back @param {Date} now @param {string} locale
 */
export function when(back, now, locale) {
  const time = /** @type {const} */ ({ hour: "numeric", minute: "2-digit" });
  const is = back.toDateString() === now.toDateString() ? {}
    : back.getTime() - now.getTime() < 6 * DAY ? { weekday: /** @type {const} */ ("long") }
    : { day: /** @type {const} */ ("numeric"), month: /** @type {const} */ ("long") };
  return new Intl.DateTimeFormat(locale, { ...is, ...time }).format(back);
}

/** @param {{back_at?: string|null}} place @param {import("./types").Translate} say @param {Date} now */
function away({ back_at }, say, now) {
  const back = back_at ? new Date(back_at) : null;
  return back && back > now ? say("back", { when: when(back, now, say.locale) }) : say("offline");
}

/** @param {import("./chat.js").Chat} chat @param {import("./types").Translate} say */
export function standing(chat, say, now = new Date()) {
  if (chat.isBarred) return ""; // one sentence says it, above where the composer was
  if (chat.status === "closed") return `${say("ended")}. ${say("again")}`;
  if (chat.status === "open") return chat.agent ? say("joined", { name: chat.agent }) : say("online"); // whoever took it is here
  if (!chat.place) return "";
  if (!chat.place.online) return away(chat.place, say, now);
  if (chat.status === "waiting") return chat.position ? say("position", { count: chat.position }) : say("waiting");
  return say("online");
}

export class Header {
  /**
   * @param {HTMLElement} root
   * @param {{close: () => void, end: () => void, forget: () => void}} on
   * @param {AbortSignal} signal
   */
  constructor(root, on, signal) {
    this.title = hook(root, "title");
    this.standing = hook(root, "standing");
    this.toggle = hook(root, "menu");
    this.menu = hook(root, "menu-items");
    this.end = hook(root, "end");
    fill(this.toggle, icon("M12 5h.01M12 12h.01M12 19h.01"));
    this.closer = hook(root, "close");
    fill(this.closer, icon("M6 6l12 12M18 6L6 18"));
    listen(this.toggle, "click", () => this.show(this.menu.hidden), signal);
    listen(this.closer, "click", on.close, signal);
    for (const [name, act] of [["end", on.end], ["forget-me", on.forget]]) {
      listen(hook(root, String(name)), "click", () => {
        this.show(false);
        /** @type {() => void} */ (act)();
      }, signal);
    }
    listen(root, "click", (event) => {
      if (!this.menu.contains(event.target) && !this.toggle.contains(event.target)) this.show(false);
    }, signal);
  }

  /** Where the keyboard goes on when what it was in is gone. */
  focus() {
    this.closer.focus();
  }

  /** @param {boolean} open @returns {boolean} whether that changed anything */
  show(open) {
    const changed = this.menu.hidden === open;
    this.menu.hidden = !open;
    setAttributes(this.toggle, { "aria-expanded": String(open) });
    if (changed && open) this.menu.querySelector("button:not([hidden],:disabled)").focus();
    return changed;
  }

  /** @param {import("./chat.js").Chat} chat @param {import("./types").Translate} say */
  render(chat, say) {
    if (chat.site) this.title.textContent = chat.site.name;
    const words = standing(chat, say);
    if (this.standing.textContent !== words) this.standing.textContent = words;
    setAttributes(this.standing, { "data-online": chat.status === "open" || chat.place?.online ? "yes" : "no", "data-status": chat.status });
    this.end.disabled = !chat.connection.ready;
    this.end.hidden = chat.status !== "waiting" && chat.status !== "open";
  }
}
