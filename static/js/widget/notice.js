// @ts-check
/** One calm line above the composer. Losing the connection is said after two seconds: most losses are over by then. */
import { el, fill } from "../shared/dom.js";
import { systemClock } from "../shared/connection.js";

const CALM_FOR = 2_000;
const ENDED = new Map([[4403, "blocked"], [4404, "unavailable"], [4409, "replaced"]]);
/** After these, connecting again is the visitor's own choice and can succeed. */
const AGAIN = new Map([[4409, "here"], [4401, "retry"], [4400, "retry"]]);

export class Notice {
  /** @param {HTMLElement} line @param {import("../shared/types").Clock} [clock] */
  constructor(line, clock = systemClock) {
    this.line = line;
    this.clock = clock;
    this.timer = null;
    this.said = "";
  }

  /** @param {import("../shared/connection.js").Connection} connection @param {import("./types").Translate} say */
  render(connection, say) {
    const { phase, code } = connection.state;
    if (phase === "ended") {
      this.#calmDown();
      this.#say(say(ENDED.get(code ?? 0) ?? "stopped"), AGAIN.has(code ?? 0) ? say(String(AGAIN.get(code ?? 0))) : null, () => connection.retryNow());
    } else if (phase === "ready" || phase === "idle") {
      this.#calmDown();
      this.#say("", null, () => {});
    } else if (this.timer === null) {
      this.timer = this.clock.setTimeout(() => this.#say(say("reconnecting"), null, () => {}), CALM_FOR);
    }
  }

  #calmDown() {
    if (this.timer !== null) this.clock.clearTimeout(this.timer);
    this.timer = null;
  }

  #say(text, action, act) {
    if (text === this.said) return;
    this.said = text;
    this.line.hidden = text === "";
    const button = action && el("button", { type: "button", class: "text-button", "data-reconnect": true }, action);
    if (button) button.addEventListener("click", act, { once: true });
    fill(this.line, text, button);
  }
}
