/* Chat loader: a button; opened, one frame. Stores nothing before a first message. */
(() => {
  "use strict";
  const script = document.currentScript;
  const { key, color, locale, theme, position, department, label } = script.dataset;
  const warn = (text) => console.error("[Chat] " + text);
  if (!key) return warn("The script tag needs data-key.");
  if (window.Chat?.destroy) return;
  const queued = window.Chat?.q ?? [];
  const home = new URL(script.src).origin;
  const language = locale && locale !== "auto" ? locale : document.documentElement.lang || navigator.language;
  const signal = new AbortController();
  const options = { signal: signal.signal };
  const listeners = {};
  const waiting = [];
  let labels = { open: label || (/^ar/.test(language) ? "فتح الدردشة" : "Open chat") };
  let frame, port, timer, isOpen = false, unread = 0, overflow;

  const make = (parent, tag, attributes) => {
    const element = document.createElement(tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    return parent.appendChild(element);
  };
  const stored = (act) => {
    try {
      return act(sessionStorage, "chat:" + key);
    } catch { /* forbidden here: the badge does not survive navigation */ }
  };

  const host = make(document.documentElement, "div", { role: "region", "aria-label": "Chat" });
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
:host{all:initial!important;position:fixed!important;z-index:2147483000!important}
:host([hidden]){display:none!important}
button,iframe{all:unset;position:fixed;inset-block-end:20px;inset-inline-${position === "start" ? position : "end"}:20px;box-shadow:0 4px 20px #0005}
button{width:56px;height:56px;border-radius:50%;display:grid;place-items:center;cursor:pointer;--c:var(--brand,#1f5fd6);--y:calc((.18 - y)*999);background:var(--c);color:color(from var(--c) xyz var(--y) var(--y) var(--y))}
button:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 6px #171b22}
button:before{content:"";width:24px;height:24px;background:currentColor;forced-color-adjust:none;clip-path:path("M11 3h3a8 8 0 0 1 0 16h-3l-6 4v-6A8 8 0 0 1 11 3z")}
[aria-expanded=true]:before{clip-path:path("M3 9l2-2 7 7 7-7 2 2-9 9z")}
b{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-width:12px;padding:0 5px;border-radius:11px;background:#b42525;color:#fff;font:600 12px/22px system-ui,sans-serif;text-align:center}
b:empty,iframe[hidden]{display:none}
iframe{inset-block-end:88px;width:min(390px,100vw - 40px);height:min(640px,100vh - 108px);border-radius:16px;background:Canvas}
@media(max-width:480px){iframe{inset:0;width:100%;height:var(--height,100dvh);border-radius:0}[aria-expanded=true]{visibility:hidden}}
@media(forced-colors:active){button,iframe{border:2px solid}}
@media print{:host{display:none!important}}`);
  root.adoptedStyleSheets = [sheet];
  const button = make(root, "button", { type: "button" });
  const badge = make(button, "b", { "aria-hidden": true });

  const paint = (brand) => brand && host.style.setProperty("--brand", brand);
  const draw = () => {
    button.setAttribute("aria-expanded", isOpen);
    button.setAttribute("aria-label", isOpen ? labels.close || labels.open : unread ? labels.unread : labels.open);
    badge.textContent = isOpen || !unread ? "" : unread > 9 ? "9+" : unread;
    if (frame) frame.hidden = !isOpen;
  };
  const emit = (name, detail) => listeners[name]?.forEach((listener) => {
    try {
      listener(detail);
    } catch (error) {
      console.error(error);
    }
  });
  const tell = (type, value) => port ? port.postMessage({ type, value }) : waiting.push([type, value]);
  const page = () => ({ url: location.href.split("#")[0], title: document.title, referrer: document.referrer });

  const heard = {
    ready: (value) => {
      clearTimeout(timer);
      port = frame.port;
      labels = value.labels;
      paint(value.brand);
      waiting.splice(0).forEach((each) => tell(...each));
      if (isOpen) tell("open");
      emit("ready");
    },
    labels: (value) => labels = value,
    unread: (value) => {
      labels.unread = value.label;
      emit("unread", unread = value.count);
    },
    close: () => show(false),
    store: (value) => stored((storage, name) => value === null ? storage.removeItem(name) : storage.setItem(name, value)),
    event: (value) => emit(...value),
  };
  const load = () => {
    if (frame) return;
    frame = make(root, "iframe", { title: "Chat", src: `${home}/widget/${key}/?locale=${language}&theme=${theme || ""}` });
    frame.onload = () => {
      const channel = new MessageChannel();
      frame.port = channel.port1;
      channel.port1.onmessage = ({ data }) => {
        heard[data.type](data.value);
        draw();
      };
      const seen = stored((storage, name) => storage.getItem(name));
      frame.contentWindow.postMessage({ type: "attach", department, seen, page: page() }, home, [channel.port2]);
    };
    timer = setTimeout(() => {
      warn(`No chat on this page: add "${location.host}" to the site's allowed domains, and "frame-src ${home}" to the page's Content-Security-Policy.`);
      show(false);
      frame.remove();
      frame = undefined;
      emit("error", "not_loaded");
    }, 8000);
  };
  const fit = () => host.style.setProperty("--height", window.visualViewport?.height + "px");
  const show = (wanted) => {
    if (wanted === isOpen) return;
    const { style } = document.documentElement;
    isOpen = wanted;
    if (isOpen) load();
    draw();
    fit();
    if (isOpen) {
      overflow = style.overflow;
      if (matchMedia("(max-width:480px)").matches) style.overflow = "hidden";
    } else style.overflow = overflow;
    (isOpen ? frame : button).focus();
    if (port) tell(isOpen ? "open" : "close");
    emit(isOpen ? "open" : "close");
  };

  const Chat = window.Chat = {
    open: () => show(true),
    close: () => show(false),
    toggle: () => show(!isOpen),
    show: () => host.hidden = false,
    hide: () => { show(false); host.hidden = true; },
    reset: () => { heard.store(null); load(); tell("reset"); },
    destroy: () => { show(false); clearTimeout(timer); signal.abort(); host.remove(); delete window.Chat; },
    on: (name, listener) => {
      (listeners[name] ??= new Set()).add(listener);
      return () => listeners[name].delete(listener);
    },
    get isOpen() { return isOpen; },
    get unread() { return unread; },
  };
  for (const name of ["identify", "setAttributes", "setLocale", "setTheme", "prefill"]) Chat[name] = (value) => tell(name, value);
  const unknown = new Set();
  const run = ([name, ...values]) => {
    if (typeof Chat[name] === "function") Chat[name](...values);
    else if (unknown.size < unknown.add(name).size) warn("Unknown call " + name);
  };
  Chat.q = { push: (...calls) => calls.forEach(run) };

  button.addEventListener("click", Chat.toggle);
  button.addEventListener("keydown", (event) => event.key === "Escape" && show(false));
  window.visualViewport?.addEventListener("resize", fit, options);
  const moved = window.navigation;
  (moved || window).addEventListener(moved ? "navigatesuccess" : "popstate", () => frame && tell("page", page()), options);
  paint(color);
  draw();
  if (stored((storage, name) => storage.getItem(name))) load();
  queued.forEach(run);
})();
