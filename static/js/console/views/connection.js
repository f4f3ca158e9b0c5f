/** The bar that says the connection is lost: calm for two seconds, then with a countdown and «Try now». */
import { el, fill, listen, setAttributes } from "../../shared/dom.js";
import { say } from "../messages.js";
import { observe } from "./observe.js";

const CALM_FOR_MS = 2_000;
/** Turned away: what the panes say of choosing and taking is not for this person. */
const FORBIDDEN = 4403;

/** What the person has to do first, and the button that leads there. @param {string|null} reason */
const owed = (reason) => /** @type {Record<string, string[]>} */ (say.connection.owed)[reason ?? ""];

/** @param {any} connection @param {number} now @param {string|null} reason */
function sentence({ phase, code, retryAt }, now, reason) {
  if (phase === "ended") {
    if (owed(reason)) return owed(reason)[0];
    const known = /** @type {Record<string, string>} */ (say.connection.stopped);
    return known[String(code)] ?? known.other;
  }
  if (!navigator.onLine) return say.connection.offline;
  if (phase === "waiting" && retryAt !== null) return say.connection.waiting(Math.max(0, Math.ceil((retryAt - now) / 1000)));
  return say.connection.connecting;
}

/** @param {HTMLElement} root @param {any} app */
export function mountConnection(root, app) {
  const announced = el("p", { class: "visually-hidden", role: "status" });
  const text = el("span", {});
  const button = el("button", { class: "button", type: "button" });
  const bar = el("div", { class: "connection__bar", hidden: true }, text, button);
  const shell = root.closest("[data-console]");
  fill(root, announced, bar);
  /** @type {number|null} */
  let lostAt = null;

  function render() {
    const { connection, reason } = app.store.state;
    const { phase, code } = connection;
    setAttributes(shell, { "data-turned-away": phase === "ended" && code === FORBIDDEN ? "yes" : null });
    if (phase === "ready") {
      if (!bar.hidden) announced.textContent = say.connection.back;
      lostAt = null;
      bar.hidden = true;
      return;
    }
    lostAt ??= app.now();
    const show = phase === "ended" || app.now() - lostAt >= CALM_FOR_MS;
    if (!show) return;
    const now = sentence(connection, app.now(), reason);
    if (bar.hidden || (phase === "ended" && text.textContent !== now)) announced.textContent = now; // once; the countdown is for the eye
    bar.hidden = false;
    bar.dataset.kind = phase === "ended" ? "stopped" : "lost";
    text.textContent = now;
    button.hidden = phase === "connecting";
    const label = phase === "ended" ? owed(reason)?.[1] ?? say.connection.reload : say.connection.tryNow;
    if (button.textContent !== label) button.textContent = label;
  }

  listen(button, "click", () => {
    // The page itself leads to what is owed, and from there back.
    if (app.store.state.connection.phase === "ended") location.reload();
    else app.session.retryNow();
  }, app.signal);
  observe(app.store, (/** @type {any} */ state) => [state.connection, state.reason], render, app.signal);
  app.onTick(render);
}
