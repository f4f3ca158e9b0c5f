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
  /** @param {HTMLElement} lines what is seen @param {HTMLElement} status what is said, once a change */
  constructor(lines, status) {
    this.lines = lines;
    this.status = status;
    this.said = "";
  }

  /** @param {import("./masking.js").Look} look @param {Translate} say */
  render({ findings, shown }, say) {
    const told = findings.slice(0, MOST).map((finding, i) => [this.#what(finding, shown[i], say), why(finding, say)]);
    if (findings.length > MOST) told.push([say("hidden_more", { count: findings.length - MOST }), ""]);
    const said = told.map((parts) => parts.filter(Boolean).join(" ")).join(" ");
    if (said === this.said) return;
    this.said = said;
    this.lines.hidden = said === "";
    fill(this.lines, ...told.map(([what, reason]) => el("p", { class: "hidden-line", dir: "auto" }, what, reason && el("span", { class: "hidden-why" }, ` ${reason}`))));
    this.status.textContent = said;
  }

  /** @param {Finding} finding @param {string} text @param {Translate} say */
  #what({ kind }, text, say) {
    if (kind === "withheld") return say("hidden_all");
    const name = `kind_${kind}`;
    return say("hidden", { what: say(say.knows(name) ? name : "kind_other"), text });
  }
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
