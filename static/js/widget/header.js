// @ts-check
/** The top of the panel: whose chat this is, how it stands, and the menu. */
import { fill, hook, icon, listen, setAttributes } from "../shared/dom.js";

/** @param {import("./chat.js").Chat} chat @param {import("./types").Translate} say */
export function standing(chat, say) {
  if (chat.status === "closed") return `${say("ended")}. ${say("again")}`;
  if (chat.status === "open") return chat.agent ? say("joined", { name: chat.agent }) : say("online"); // whoever took it is here
  if (!chat.site) return "";
  if (!chat.site.online) return say("offline");
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
    fill(hook(root, "close"), icon("M6 6l12 12M18 6L6 18"));
    listen(this.toggle, "click", () => this.show(this.menu.hidden), signal);
    listen(hook(root, "close"), "click", on.close, signal);
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
    setAttributes(this.standing, { "data-online": chat.status === "open" || chat.site?.online ? "yes" : "no", "data-status": chat.status });
    this.end.disabled = !chat.connection.ready;
    this.end.hidden = chat.status !== "waiting" && chat.status !== "open";
  }
}
