// @ts-check
/** What is masked for one tenant on this device: the browser's copy of security/masking/policy.py, without what the server alone knows. */
import { FOREIGN_DIGITS, digits } from "./folding.js";

/** @typedef {import("./scan.js").Candidate} Candidate */
/** @typedef {{name: string, hint: RegExp, find: (view: import("./views.js").View, around: import("./surroundings.js").Surroundings) => Iterable<Candidate>}} Pack */
/** @typedef {{packs: Pack[], keepsLastFour: boolean}} Policy */
/** As the server tells it. @typedef {{packs?: string[], keep_last_four?: boolean, may_undo?: boolean}} Rules */

/** Cards and social security numbers, last four digits of a card kept. @type {Policy} */
export const DEFAULT = { packs: [], keepsLastFour: true };

const FOREIGN = new RegExp(`[${FOREIGN_DIGITS}]`, "gu");

/**
 * The policy that a server tells, with the packs fetched that it names. One that this page does not know, since it is older
 * than the server, is left to the server.
 * @param {Rules} rules
 * @returns {Promise<Policy>}
 */
export async function policyFrom({ packs = [], keep_last_four: keepsLastFour = true }) {
  const { PACKS } = packs.length ? await import("./packs/packs.js") : { PACKS: new Map() };
  const chosen = [...packs].sort().flatMap((name) => PACKS.get(name) ?? []);
  return { packs: chosen, keepsLastFour };
}

/** The packs that may find something; where something is encoded, each may. @param {Policy} policy @param {string} text @param {boolean} isEncoded */
export function suspectedPacks({ packs }, text, isEncoded) {
  if (isEncoded || !packs.length) return packs;
  const readable = readDigits(text);
  return packs.filter(({ hint }) => hint.test(readable));
}

/** With digits of every script as figures. @param {string} text */
function readDigits(text) {
  return text.replace(FOREIGN, (char) => digits.get(/** @type {number} */ (char.codePointAt(0))) ?? char);
}
