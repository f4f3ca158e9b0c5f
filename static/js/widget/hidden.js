// @ts-check
/** Tells the visitor, before it is sent, what will be hidden of his message and why. */
import { el, fill } from "../shared/dom.js";

/** @typedef {import("../shared/masking/engine.js").Finding} Finding */
/** @typedef {import("./types").Translate} Translate */

const MOST = 3;
/** @type {Record<string, string>} names that are names in every language */
const BRANDS = {
  visa: "Visa", mastercard: "Mastercard", amex: "American Express", discover: "Discover", diners: "Diners Club", jcb: "JCB",
  unionpay: "UnionPay", maestro: "Maestro", mir: "Mir", rupay: "RuPay", elo: "Elo", verve: "Verve", troy: "Troy",
};

export class Hidden {
  /**
   * @param {HTMLElement} lines what is seen @param {HTMLElement} status what is said, once a change
   * @param {(kind: string) => boolean} mayUndo whether the visitor may say that a finding is wrong
   */
  constructor(lines, status, mayUndo) {
    this.lines = lines;
    this.status = status;
    this.mayUndo = mayUndo;
    this.said = "";
    this.offered = "";
  }

  /** @param {import("./masking.js").Look} look @param {Translate} say */
  render({ findings, shown, undone }, say) {
    const told = findings.slice(0, MOST).map((finding, i) => [this.#what(finding, shown[i], say), why(finding, say)]);
    if (findings.length > MOST) told.push([say("hidden_more", { count: findings.length - MOST }), ""]);
    const first = (/** @type {Finding} */ { kind }, /** @type {number} */ i) => this.mayUndo(kind) && findings.findIndex((other) => other.kind === kind) === i;
    const buttons = findings.slice(0, MOST).map((finding, i) => first(finding, i) && { kind: finding.kind, label: named("not", finding.kind, say) });
    for (const kind of undone) {
      told.push([say("undone", { what: named("kind", kind, say) }), ""]);
      buttons[told.length - 1] = { kind, label: say("hide_it"), name: `${say("hide_it")}: ${named("kind", kind, say)}` };
    }
    const said = told.map((parts) => parts.filter(Boolean).join(" ")).join(" ");
    const offered = JSON.stringify(buttons);
    if (said === this.said && offered === this.offered) return;
    if (said !== this.said) this.status.textContent = said;
    [this.said, this.offered] = [said, offered];
    this.lines.hidden = said === "";
    fill(this.lines, ...told.map((parts, i) => line(parts, buttons[i])));
  }

  /** Go to the button about this kind, if there is one. @param {string} kind */
  focus(kind) {
    const button = /** @type {HTMLElement[]} */ ([...this.lines.querySelectorAll("[data-undo]")]).find((one) => one.dataset.undo === kind);
    button?.focus();
    return button !== undefined;
  }

  /** @param {Finding} finding @param {string} text @param {Translate} say */
  #what({ kind }, text, say) {
    if (kind === "withheld") return say("hidden_all");
    return say("hidden", { what: named("kind", kind, say), text });
  }
}

/** A sentence about this kind, or the one for those that have none. @param {"kind"|"not"} about @param {string} kind @param {Translate} say */
function named(about, kind, say) {
  const name = `${about}_${kind}`;
  return say(say.knows(name) ? name : `${about}_other`);
}

/** @param {string[]} parts @param {{kind: string, label: string, name?: string}|false|undefined} offer */
function line([what, reason], offer) {
  return el(
    "p", { class: "hidden-line", dir: "auto" }, what, reason && el("span", { class: "hidden-why" }, ` ${reason}`),
    offer && el("button", { type: "button", class: "text-button", "data-undo": offer.kind, "aria-label": offer.name }, offer.label),
  );
}

/** The reason in plain words. @param {Finding} finding @param {Translate} say */
function why({ kind, rule, reasons }, say) {
  if (kind === "withheld") return "";
  if (kind === "card") {
    const brand = rule.slice("card:".length);
    return Object.hasOwn(BRANDS, brand) ? say("why_brand", { brand: BRANDS[brand] }) : say("why_card");
  }
  if (kind === "cvv" || kind === "expiry") return say(reasons.includes("named") ? "why_named" : "why_beside");
  if (kind === "ssn") return say(reasons.includes("ssn words") ? "why_named" : "why_ssn");
  return say("why_site");
}
