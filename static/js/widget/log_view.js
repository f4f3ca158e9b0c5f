// @ts-check
/**
 * The list of messages. Each render describes the whole list; only entries whose description changed are
 * built anew, so a bubble keeps its element from "sending" to "read".
 *
 * @import {Entry, Item, Message, Shown} from "./types"
 */
import { el } from "../shared/dom.js";
import { rendered } from "../shared/linkify.js";
import { deliveryOf } from "../shared/outbox.js";
import { formats, sameDay } from "../shared/time.js";
import { told } from "./strings.js";

const GROUPED_WITHIN = 5 * 60_000;

export class LogView {
  /** @param {HTMLElement} list @param {() => number} now milliseconds */
  constructor(list, now = Date.now) {
    this.list = list;
    this.now = now;
    /** @type {Map<string, {node: HTMLElement, signature: string}>} */
    this.shown = new Map();
  }

  /** @param {import("./types").Translate} say */
  speak(say) {
    this.say = say;
    this.formats = formats(say.locale);
    this.shown.clear();
    this.list.replaceChildren();
  }

  /** @param {import("./chat.js").Chat} chat */
  render(chat) {
    const entries = this.#entries(chat);
    const wanted = new Set(entries.map((entry) => entry.key));
    for (const [key, { node }] of this.shown) {
      if (wanted.has(key)) continue;
      node.remove();
      this.shown.delete(key);
    }
    /** @type {Element|null} */
    let cursor = this.list.firstElementChild;
    for (const entry of entries) {
      let known = this.shown.get(entry.key);
      if (known?.signature !== entry.signature) {
        const node = entry.build();
        if (known) {
          if (cursor === known.node) cursor = node;
          known.node.replaceWith(node);
        }
        known = { node, signature: entry.signature };
        this.shown.set(entry.key, known);
      }
      if (known.node === cursor) cursor = cursor.nextElementSibling;
      else this.list.insertBefore(known.node, cursor);
    }
  }

  #entries(chat) {
    const entries = chat.site?.greeting && !chat.transcript.hasOlder ? [this.#greeting(chat.site.greeting)] : [];
    chat.earlier.forEach((messages, index) => {
      entries.push(...this.#conversation(messages, null), this.#line(`fresh-${index}`, this.say("fresh")));
    });
    entries.push(...this.#conversation(chat.transcript.list(), chat));
    for (const item of chat.outbox.list()) entries.push(this.#pending(item));
    return entries;
  }

  #conversation(messages, chat) {
    /** @type {Entry[]} */
    const entries = [];
    const lastOwn = messages.findLast((message) => message.author.kind === "visitor");
    messages.forEach((message, index) => {
      const before = messages[index - 1];
      const after = messages[index + 1];
      const at = new Date(message.sent_at);
      if (!before || !sameDay(new Date(before.sent_at), at)) {
        entries.push(this.#line(`day-${message.id}`, this.formats.day(at, new Date(this.now()))));
      }
      if (message.author.kind === "system") {
        entries.push(this.#line(message.id, told(message, this.say)));
        return;
      }
      const state = chat && message === lastOwn
        ? deliveryOf({ seq: message.seq, readSeq: chat.readSeq, joined: chat.status === "open" }) : null;
      entries.push(this.#message({
        message, state, own: message.author.kind === "visitor",
        first: !before || !together(before, message), last: !after || !together(message, after),
      }));
    });
    return entries;
  }

  #message(shown) {
    const { message, own, first, last, state } = shown;
    return {
      key: message.client_id ?? message.id,
      signature: [message.seq, message.rev, first, last, state, message.prev_seq].join(),
      build: () => el("div", { class: "message", "data-message": true, "data-own": String(own), "data-first": String(first), "data-seq": message.seq, "data-state": state ?? "past" },
        this.#sender(own, first, message.author.name),
        el("div", { class: "bubble", dir: "auto", "data-text": true }, ...(message.gone ? [el("em", {}, this.say("gone"))] : rendered(message.text))),
        this.#foot(shown)),
    };
  }

  #pending(item) {
    const failed = item.state === "failed";
    return {
      key: item.clientId,
      signature: [item.state, item.reason, item.againAt && Math.ceil((item.againAt - this.now()) / 1000)].join(),
      build: () => el("div", { class: "message", "data-message": true, "data-own": "true", "data-first": "true", "data-state": item.state },
        this.#sender(true, true, ""),
        el("div", { class: "bubble", dir: "auto", "data-text": true }, ...rendered(item.frame.text)),
        el("div", { class: failed ? "meta failed" : "meta" }, ...(failed ? this.#failure(item) : [this.#waiting(item)]))),
    };
  }

  #failure(item) {
    const final = item.reason === "too_long" || item.reason === "bad_frame" || item.reason === "forbidden";
    return [
      el("span", {}, this.say(final ? "refused" : "failed")),
      final ? null : el("button", { type: "button", class: "text-button", "data-retry": item.clientId }, this.say("retry")),
      el("button", { type: "button", class: "text-button", "data-remove": item.clientId }, this.say("remove")),
    ].filter((node) => node !== null);
  }

  #waiting(item) {
    if (item.againAt === null) return el("span", {}, this.say("sending"));
    return el("span", {}, this.say("later", { count: Math.max(1, Math.ceil((item.againAt - this.now()) / 1000)) }));
  }

  #sender(own, first, name) {
    return el("p", { class: own || !first ? "visually-hidden" : "sender" }, own ? this.say("you") : name || this.say("conversation"));
  }

  #foot({ message, last, state }) {
    const checking = message.masked?.some((entry) => entry.kind === "held");
    if (!last && !state && !checking && !message.edited) return "";
    const at = new Date(message.sent_at);
    const words = [checking && this.say("checking"), message.edited && this.say("edited"), state && this.say(state)].filter(Boolean);
    return el("div", { class: "meta" },
      el("time", { datetime: message.sent_at, title: this.formats.full(at) }, this.formats.clock(at)),
      words.length ? el("span", {}, ` · ${words.join(" · ")}`) : "");
  }

  #greeting(greeting) {
    return {
      key: "greeting", signature: greeting,
      build: () => el("div", { class: "message", "data-first": "true", "data-own": "false", "data-greeting": true }, el("div", { class: "bubble", dir: "auto" }, ...rendered(greeting))),
    };
  }

  #line(key, text) {
    return { key, signature: text, build: () => el("p", { class: "line", dir: "auto" }, text) };
  }
}

/** @param {Message} a @param {Message} b whether they are one person's, shortly after each other */
function together(a, b) {
  const near = Date.parse(b.sent_at) - Date.parse(a.sent_at) < GROUPED_WITHIN;
  return near && a.author.kind === b.author.kind && a.author.id === b.author.id && sameDay(new Date(a.sent_at), new Date(b.sent_at));
}
