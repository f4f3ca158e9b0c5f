// @ts-check
/** Everything the visitor sees, drawn from the chat. */
import { announcer } from "../shared/announce.js";
import { fill, hook, icon, listen, setAttributes } from "../shared/dom.js";
import { Composer } from "./composer.js";
import { Header } from "./header.js";
import { LogView } from "./log_view.js";
import { Notice } from "./notice.js";
import { Scroll } from "./scroll.js";
import { told } from "./strings.js";

const COUNTDOWN_EVERY = 1_000;

export class Panel {
  /**
   * @param {HTMLElement} root @param {import("./chat.js").Chat} chat
   * @param {{close: () => void, forget: () => void, saw: () => void, isOpen: () => boolean}} on
   * @param {AbortSignal} signal
   */
  constructor(root, chat, on, signal) {
    this.root = root;
    this.chat = chat;
    this.on = on;
    this.signal = signal;
    this.log = hook(root, "log");
    this.card = hook(root, "card");
    this.typing = hook(root, "typing");
    this.form = hook(root, "form");
    this.consent = hook(root, "consent");
    this.unstored = hook(root, "unstored");
    this.agreed = hook(root, "consent-agreed");
    this.problem = hook(root, "problem");
    this.pill = hook(root, "news");
    this.news = 0;
    this.asked = "";
    this.countdown = null;
    this.view = new LogView(hook(root, "list"));
    this.notice = new Notice(hook(root, "notice"));
    this.scroll = new Scroll(this.log, this.pill, { older: () => chat.loadOlder(), end: () => this.#caughtUp() }, signal);
    this.header = new Header(root, { close: on.close, forget: on.forget, end: () => { chat.end().catch(() => {}); } }, signal);
    this.composer = new Composer(root, {
      send: (text, unmasked) => this.#send(text, unmasked),
      typing: (active) => chat.connection.post({ type: "typing", active }),
    }, signal);
    fill(hook(root, "send"), icon("M5 12h14M13 6l6 6-6 6"));
    listen(root, "click", (event) => this.#clicked(event.target), signal);
    listen(document, "keydown", (event) => event.key === "Escape" && this.#escape(), signal);
  }

  /** @param {import("./types").Translate} say */
  speak(say) {
    this.say = say;
    for (const node of this.root.querySelectorAll("[data-say]")) node.textContent = say(/** @type {any} */ (node).dataset.say);
    for (const [hooked, attribute] of [["label", "aria-label"], ["placeholder", "placeholder"]]) {
      for (const node of this.root.querySelectorAll(`[data-say-${hooked}]`)) node.setAttribute(attribute, say(node.getAttribute(`data-say-${hooked}`) ?? ""));
    }
    this.voice?.stop();
    this.voice = announcer(hook(this.root, "live"), { summary: (count) => say("many", { count }) });
    this.view.speak(say);
    this.composer.speak(say);
    this.asked = "";
    fill(this.card);
    this.render();
  }

  render() {
    const { chat, say } = this;
    this.scroll.keeping(() => this.view.render(chat));
    this.header.render(chat, say);
    this.notice.render(chat.connection, say);
    this.#bar(chat.isBarred);
    const typing = chat.typist ? say("typing", { name: chat.typist.name }) : "";
    if (this.typing.textContent !== typing) this.typing.textContent = typing;
    setAttributes(this.log, { "aria-busy": chat.loadingOlder ? "true" : null });
    hook(this.root, "older").hidden = !chat.loadingOlder;
    this.composer.follow(chat.site?.masking);
    const unstored = chat.isUnstored ? say("unstored") : "";
    if (this.unstored.textContent !== unstored) this.unstored.textContent = unstored;
    this.consent.hidden = !chat.site?.consent || chat.conversation !== null;
    if (chat.site?.consent) hook(this.root, "consent-text").textContent = chat.site.consent;
    this.#ask();
    this.#countDown();
    if (this.on.isOpen()) this.scroll.fillUp();
  }

  /** The panel came into view. */
  shown() {
    this.scroll.toEnd();
    this.composer.focus();
  }

  /** @param {import("./types").Message} message */
  announce(message) {
    if (!this.scroll.atEnd) {
      this.news += 1;
      this.pill.hidden = false;
      this.pill.textContent = this.say("news", { count: this.news });
    }
    if (!this.on.isOpen()) return; // the launcher's name says it there
    this.voice?.say(message.author.name ? `${message.author.name}: ${message.text}` : told(message, this.say));
  }

  forgotten() {
    this.asked = "";
    this.composer.clear();
    fill(this.card);
    this.voice?.say(this.say("forgotten"));
    this.composer.focus();
  }

  #send(text, unmasked) {
    const missing = !this.consent.hidden && !this.agreed.checked;
    this.problem.hidden = !missing;
    this.problem.textContent = missing ? this.say("consentNeeded") : "";
    if (missing) {
      this.agreed.focus();
      return false;
    }
    this.chat.say(text, unmasked);
    this.scroll.toEnd();
    return true;
  }

  #caughtUp() {
    this.news = 0;
    this.pill.hidden = true;
    this.on.saw();
  }

  /** Nothing to write in, once nothing that is written arrives. @param {boolean} isBarred */
  #bar(isBarred) {
    if (this.form.hidden === isBarred) return;
    const hadFocus = this.form.contains(document.activeElement);
    this.form.hidden = isBarred;
    if (hadFocus) this.header.focus();
  }

  /** At most one question at a time, and each once in a conversation. */
  #ask() {
    const { chat } = this;
    const stored = chat.transcript.order.length > 0;
    const isReached = chat.status === "open"; // somebody is here: how to reach the visitor later is no question now
    const isKept = stored && !chat.isUnstored; // an address that goes with the chat reaches nobody later
    const unknown = isKept && !isReached && chat.site && (chat.site.fields.length || !chat.place.online);
    const wanted = chat.isBarred ? "" : chat.status === "closed" ? "rating" : unknown ? "details" : "";
    const question = wanted && `${wanted} ${chat.conversation}`;
    if (question === this.asked) return;
    if (!wanted && stored && !chat.isBarred) { // agents came back meanwhile: a question that is being answered stays until it is
      if (isReached && !this.#isAnswering()) fill(this.card);
      return;
    }
    this.asked = question;
    fill(this.card);
    if (wanted) this.#show(wanted, question);
  }

  #isAnswering() {
    const controls = /** @type {NodeListOf<HTMLInputElement>} */ (this.card.querySelectorAll("input, select, textarea"));
    return this.card.contains(document.activeElement) || [...controls].some((control) => control.value !== "");
  }

  async #show(wanted, question) {
    const cards = await import("./cards.js").catch(() => null);
    const { chat, say, signal, card } = this;
    if (this.asked !== question || (wanted === "details" && chat.status === "open")) return;
    if (!cards) {
      this.asked = ""; // the server is away: the next change asks again
      return;
    }
    const { askDetails, askRating } = cards;
    this.scroll.keeping(() => {
      if (wanted === "rating") askRating(card, say, (score, comment) => chat.rate(score, comment), signal, !chat.isUnstored);
      else {
        askDetails(card, chat.site?.fields ?? [], say, {
          save: (profile) => chat.connection.post({ type: "profile", ...profile }), skip: () => fill(card),
        }, signal);
      }
    });
  }

  /** "Sending again in 3 s" counts down while it is shown. */
  #countDown() {
    const waits = this.chat.outbox.list().some((item) => item.againAt !== null);
    if (!waits || this.countdown !== null) return;
    this.countdown = setTimeout(() => {
      this.countdown = null;
      this.render();
    }, COUNTDOWN_EVERY);
  }

  #clicked(target) {
    const button = /** @type {HTMLElement|null} */ (target.closest("[data-retry],[data-remove]"));
    if (button?.dataset.retry) this.chat.outbox.retry(button.dataset.retry);
    if (button?.dataset.remove) this.chat.outbox.discard(button.dataset.remove);
    if (button) this.composer.focus();
  }

  #escape() {
    if (this.header.show(false)) this.header.toggle.focus();
    else this.on.close();
  }
}
