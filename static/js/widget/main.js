// @ts-check
/** The visitor's frame: joins the chat, its views and the page around it. */
import { hook, listen, setAttributes } from "../shared/dom.js";
import { bridge } from "./bridge.js";
import { Chat } from "./chat.js";
import { Panel } from "./panel.js";
import { profileOf } from "./profile.js";
import { translator } from "./strings.js";

const THEMES = new Set(["light", "dark"]);

/** @param {string|null} seen "conversation seq", as it was given to the page to keep */
function seenBefore(seen) {
  const [conversation, seq] = (seen ?? "").split(" ");
  return conversation && Number(seq) > 0 ? { conversation, seq: Number(seq) } : null;
}

class Widget {
  /** @type {import("./types").Translate} from `start` on */
  say;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.life = new AbortController();
    /** @type {import("./types").Bridge|null} */
    this.page = null;
    this.open = false;
    /** What `hello` tells besides the position. @type {Record<string, any>} */
    this.about = { locale: root.dataset.locale };
    /** What the page asked to tell while there was no connection, by type of frame. @type {Map<string, object>} */
    this.untold = new Map();
    this.toldUnread = -1;
    this.remembered = false;
  }

  async start() {
    const attached = bridge(this.#commands()); // before anything is waited for: the page offers its port once
    this.say = await translator(this.root.dataset.locale ?? "en");
    this.page = await attached;
    if (this.page) {
      this.about.host_origin = this.page.origin;
      if (this.page.department) this.about.department = this.page.department;
      if (this.page.page) this.about.page = this.page.page;
    }
    const address = new URL(this.root.dataset.socket ?? "", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.chat = new Chat({
      url: address.href, listener: this.#listener(), seen: seenBefore(this.page?.seen ?? null),
      about: () => this.about,
    });
    this.panel = new Panel(this.root, this.chat, {
      close: () => this.page?.tell("close"), forget: () => this.#forget(), saw: () => this.#saw(), isOpen: () => this.open,
    }, this.life.signal);
    this.panel.speak(this.say);
    listen(document, "visibilitychange", () => this.#changed(), this.life.signal);
    this.page?.tell("ready", { labels: this.#labels(), brand: getComputedStyle(this.root).getPropertyValue("--brand").trim() });
    if (!this.page) this.#show();
    this.chat.connection.start();
  }

  #commands() {
    const { about } = this;
    return {
      open: () => this.#show(),
      close: () => { this.open = false; },
      page: (page) => {
        about.page = page;
        this.#tell("page", page);
      },
      identify: (identity) => {
        if (typeof identity?.token === "string") this.#tell("identify", { token: identity.token });
      },
      setAttributes: (attributes) => {
        about.profile = profileOf(Object.entries({ ...attributes }).map(([name, value]) => [name, String(value)]));
        this.#tell("profile", about.profile);
      },
      setLocale: (locale) => this.#speak(String(locale)),
      setTheme: (theme) => setAttributes(document.documentElement, { "data-theme": THEMES.has(theme) ? theme : null }),
      prefill: (text) => this.panel?.composer.prefill(String(text)),
      reset: () => this.#forget(),
    };
  }

  /** Now, or as soon as there is a connection. @param {string} type @param {object} fields */
  #tell(type, fields) {
    if (!this.chat?.connection.post({ type, ...fields })) this.untold.set(type, fields);
  }

  #catchUp() {
    if (!this.untold.size || !this.chat?.connection.ready) return;
    const untold = [...this.untold];
    this.untold.clear();
    for (const [type, fields] of untold) this.#tell(type, fields);
  }

  #listener() {
    return {
      changed: () => this.#changed(),
      arrived: (message) => {
        this.panel?.announce(message);
        this.page?.tell("event", ["message", { from: message.author.kind }]);
      },
      stored: () => this.#keep(),
      status: (status) => this.page?.tell("event", ["status", status]),
      refused: (code) => this.page?.tell("event", ["error", code]),
    };
  }

  #changed() {
    if (!this.panel || !this.chat) return;
    this.#catchUp();
    this.panel.render();
    this.#saw();
    const count = this.chat.unread;
    if (count === this.toldUnread) return;
    this.toldUnread = count;
    this.page?.tell("unread", { count, label: this.say("unread", { count }) });
  }

  /** Seen is what was on an open panel of a visible page, at the place where it is. */
  #saw() {
    if (!this.open || document.visibilityState !== "visible" || !this.panel?.scroll.atEnd) return;
    if (this.chat?.see()) this.#noteSeen();
  }

  /** The page may keep a mark only for a visitor whom the server knows. */
  #noteSeen() {
    const { chat } = this;
    if (chat?.conversation) this.page?.tell("store", `${chat.conversation} ${chat.seenSeq}`);
  }

  async #keep() {
    this.#noteSeen();
    const { token } = this.chat ?? {};
    if (token && !this.remembered) {
      this.remembered = true;
      const session = await import("./session.js").catch(() => null); // as when the request itself fails
      session?.remember(this.root.dataset.session ?? "", token);
    }
  }

  async #forget() {
    const { chat } = this;
    if (!chat) return;
    chat.connection.stop();
    const { forget } = await import("./session.js");
    await forget(this.root.dataset.forget ?? "", chat.token);
    this.page?.tell("store", null);
    this.remembered = false;
    delete this.about.profile;
    this.untold.clear();
    chat.restart();
    this.panel?.forgotten();
  }

  #show() {
    this.open = true;
    this.panel?.shown();
    this.#changed();
  }

  async #speak(locale) {
    this.say = await translator(locale);
    this.about.locale = locale;
    setAttributes(document.documentElement, { lang: this.say.language, dir: this.say.dir });
    this.panel?.speak(this.say);
    this.toldUnread = -1;
    this.page?.tell("labels", this.#labels());
    this.#changed();
  }

  #labels() {
    return { open: this.say("open"), close: this.say("close") };
  }
}

new Widget(hook(document, "widget")).start();
