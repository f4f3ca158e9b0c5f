/** The bar that says the connection is lost: calm for two seconds, then with a countdown and «Try now». */
import { el, fill, listen } from "../../shared/dom.js";
import { say } from "../messages.js";
import { observe } from "./observe.js";

const CALM_FOR_MS = 2_000;

/** @param {any} connection @param {number} now */
function sentence({ phase, code, retryAt }, now) {
  if (phase === "ended") {
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
  fill(root, announced, bar);
  /** @type {number|null} */
  let lostAt = null;

  function render() {
    const { connection } = app.store.state;
    const { phase } = connection;
    if (phase === "ready") {
      if (!bar.hidden) announced.textContent = say.connection.back;
      lostAt = null;
      bar.hidden = true;
      return;
    }
    lostAt ??= app.now();
    const show = phase === "ended" || app.now() - lostAt >= CALM_FOR_MS;
    if (!show) return;
    const now = sentence(connection, app.now());
    if (bar.hidden) announced.textContent = now; // once; the countdown is for the eye
    bar.hidden = false;
    bar.dataset.kind = phase === "ended" ? "stopped" : "lost";
    text.textContent = now;
    button.hidden = phase === "connecting";
    const label = phase === "ended" ? say.connection.reload : say.connection.tryNow;
    if (button.textContent !== label) button.textContent = label;
  }

  listen(button, "click", () => {
    if (app.store.state.connection.phase === "ended") location.reload();
    else app.session.retryNow();
  }, app.signal);
  observe(app.store, (/** @type {any} */ state) => [state.connection], render, app.signal);
  app.onTick(render);
}
