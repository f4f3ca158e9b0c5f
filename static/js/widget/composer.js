// @ts-check
/**
 * Where the visitor writes. What looks like a card number is masked on this device before it is sent, by
 * the tables that the server uses too; the server masks again, since a device can be tampered with.
 */
import { systemClock } from "../shared/connection.js";
import { hook, listen, setAttributes } from "../shared/dom.js";
import { Hidden } from "./hidden.js";
import { Masking } from "./masking.js";

export const LIMIT = 8_000;
const COUNTED_FROM = 7_500;
const TYPING_EVERY = 3_000;
const TYPING_ENDS_AFTER = 5_000;
const PREVIEW_AFTER = 120;
const NOTHING = { text: "", findings: [], shown: [], undone: [] };

export class Composer {
  /**
   * @param {HTMLElement} root
   * @param {{send: (text: string, unmasked: string[]) => boolean, typing: (active: boolean) => void}} on `send` says whether it took the text
   * @param {AbortSignal} signal
   */
  constructor(root, { send, typing }, signal) {
    this.field = hook(root, "composer");
    this.button = hook(root, "send");
    this.counter = hook(root, "counter");
    this.masking = new Masking();
    this.hidden = new Hidden(hook(root, "preview"), hook(root, "preview-said"), (kind) => this.masking.mayUndo(kind));
    /** @type {Set<string>} what the visitor called wrong in the message that he writes */
    this.undone = new Set();
    this.send = send;
    this.typing = typing;
    this.sending = false;
    this.typingSaidAt = -Infinity;
    this.typingTimer = null;
    this.previewTimer = null;
    listen(this.field, "input", () => this.#written(), signal);
    listen(this.field, "keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    }, signal);
    listen(hook(root, "preview"), "click", (event) => this.#turn(event), signal);
    listen(hook(root, "form"), "submit", (event) => {
      event.preventDefault();
      this.submit();
    }, signal);
  }

  /** @param {import("./types").Translate} say */
  speak(say) {
    this.say = say;
    this.#written(false);
  }

  focus() {
    this.field.focus();
  }

  /** What the site hides now; a draft is looked at again by it. @param {import("../shared/masking/policy.js").Rules|undefined} rules */
  follow(rules) {
    if (this.masking.follow(rules) && this.field.value !== "") this.#written(false);
  }

  /** @param {string} text only where nothing is written yet: a page must not overwrite a draft */
  prefill(text) {
    if (this.field.value !== "") return;
    this.field.value = text;
    this.#written(false);
  }

  clear() {
    this.field.value = "";
    this.#written(false);
  }

  async submit() {
    const typed = this.field.value;
    const text = typed.trim();
    if (text === "" || [...text].length > LIMIT || this.sending) return;
    this.sending = true;
    const look = await this.masking.look(text, this.undone);
    const taken = this.send(look.text, look.undone);
    this.sending = false;
    if (!taken) return;
    this.undone.clear();
    if (this.field.value === typed) this.clear(); // what was written meanwhile is the next message's
    this.#stopTyping();
  }

  #written(byHand = true) {
    const length = [...this.field.value].length;
    if (length === 0) this.undone.clear();
    const over = length > LIMIT;
    this.counter.hidden = length < COUNTED_FROM;
    if (!this.counter.hidden) {
      this.counter.textContent = over ? this.say("over", { count: length - LIMIT }) : this.say("left", { count: LIMIT - length });
    }
    setAttributes(this.field, { "aria-invalid": over ? "true" : null });
    setAttributes(this.button, { "aria-disabled": over || this.field.value.trim() === "" ? "true" : null });
    clearTimeout(this.previewTimer);
    this.previewTimer = setTimeout(() => this.#show(over), PREVIEW_AFTER);
    if (byHand) this.#sayTyping();
  }

  async #show(over) {
    const text = this.field.value;
    const look = over || text === "" ? NOTHING : await this.masking.look(text, this.undone);
    if (text === this.field.value) this.hidden.render(look, this.say);
  }

  /** A wrong hit is taken back, or hidden again; who works by keys stays where he is. @param {any} event */
  async #turn(event) {
    const kind = event.target.closest("[data-undo]")?.dataset.undo;
    if (!kind) return;
    if (!this.undone.delete(kind)) this.undone.add(kind);
    await this.#show(false);
    if (event.detail !== 0 || !this.hidden.focus(kind)) this.focus();
  }

  #sayTyping() {
    if (this.field.value === "") {
      this.#stopTyping();
      return;
    }
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => this.#stopTyping(), TYPING_ENDS_AFTER);
    if (systemClock.now() - this.typingSaidAt < TYPING_EVERY) return;
    this.typingSaidAt = systemClock.now();
    this.typing(true);
  }

  #stopTyping() {
    clearTimeout(this.typingTimer);
    if (this.typingSaidAt === -Infinity) return;
    this.typingSaidAt = -Infinity;
    this.typing(false);
  }
}
