// @ts-check
/** API keys by the shapes that their issuers document, and passwords: the browser's copy of security/masking/packs/secrets.py. */
import { WORDS } from "../folding.js";
import { found, spansOf } from "./kinds.js";

/** @typedef {import("./kinds.js").Candidate} Candidate */
/** @typedef {import("./kinds.js").View} View */

const KEYS = new RegExp(
  "(?<![a-z0-9])(?:" +
    "(?:sk|pk|rk)_(?:live|test)_[0-9a-z]{10,}|whsec_[0-9a-z+/=]{16,}" +
    "|sk-(?:proj-|ant-|svcacct-)?[0-9a-z_\\-]{20,}" +
    "|(?:akia|asia|aroa|aida)[0-9a-z]{16}(?![0-9a-z])" +
    "|gh[pousr]_[0-9a-z]{20,}|github_pat_[0-9a-z_]{20,}" +
    "|gl(?:pat|ptt|dt|rt)-[0-9a-z_\\-]{16,}" +
    "|xox[abeoprs]-[0-9a-z\\-]{10,}|xapp-[0-9a-z\\-]{10,}" +
    "|aiza[0-9a-z_\\-]{30,}|ya29\\.[0-9a-z_\\-]{20,}" +
    "|sg\\.[0-9a-z_\\-]{16,}\\.[0-9a-z_\\-]{16,}|key-[0-9a-f]{32}" +
    "|npm_[0-9a-z]{30,}|pypi-[0-9a-z_\\-]{30,}|hf_[0-9a-z]{20,}|dop_v1_[0-9a-f]{40,}|shp(?:at|ca|pa|ss)_[0-9a-f]{20,}" +
    "|eyj[0-9a-z_\\-]{8,}\\.[0-9a-z_\\-]{8,}\\.[0-9a-z_\\-]{0,}" +
    ")",
  "g",
);
const PRIVATE = /-----begin [a-z ]{0,24}private key-----.*?(?:-----end [a-z ]{0,24}private key-----|(?=\n?$))/gs;
const BEARER = /(?:authorization\s*[:=]\s*(?:bearer|basic|token)|bearer)\s+(?![[\u2022])([0-9a-z_\-.=+/~]{12,})/dg;
const NAMES =
  "(?:pass ?word|passwd|pass ?phrase|passcode|pwd|passwort|kennwort|contrasena|clave|mot de passe|mdp|senha|wachtwoord|haslo|" +
  "api[ _-]?key|apikey|secret[ _-]?key|access[ _-]?key|client[ _-]?secret|access[ _-]?token|auth[ _-]?token|api[ _-]?token|private[ _-]?key)";
const VALUE = "(?![[\\u2022])([^\\s\"'<>[\\]\\u2022]{4,128})";
const ASSIGNED = new RegExp(`(?<![a-z])${NAMES}["']?\\s{0,2}(?::|=>?|->)\\s{0,2}["']?${VALUE}`, "dg");
const TOLD = new RegExp(`(?<![a-z])${NAMES}\\s(?:is|was|ist|lautet|es|est|e|era)\\s{0,2}:?\\s{0,2}["']?${VALUE}`, "dg");
const IS_SECRET = new RegExp(`[0-9]|[^${WORDS}\\s.,!?;:'()\\-]|.\\S*[a-z][-_][a-z]`);

/** What an issuer's prefix names, and what somebody calls his password; told in a sentence only if it looks like one. @param {View} view @returns {Generator<Candidate>} */
function* secretsIn(view) {
  for (const [, start, end] of [...spansOf(KEYS, view), ...spansOf(PRIVATE, view)]) yield found("secret", view, start, end, "issuer's prefix");
  for (const [match] of spansOf(BEARER, view)) {
    const [start, end] = /** @type {any} */ (match).indices[1];
    yield found("secret", view, start, end, "bearer token");
  }
  for (const [match] of spansOf(ASSIGNED, view)) yield named(view, match);
  for (const [match] of spansOf(TOLD, view)) if (IS_SECRET.test(match[1].replace(/[.,!?]+$/, ""))) yield named(view, match);
}

/** @param {View} view @param {RegExpMatchArray} match */
function named(view, match) {
  const value = match[1].replace(/[.,;!?)]+$/, "") || match[1];
  const [start] = /** @type {any} */ (match).indices[1];
  return found("secret", view, start, start + value.length, "named as a secret");
}

/** @type {import("./kinds.js").Pack[]} */
export const PACKS = [
  {
    name: "secret",
    hint: /[a-z0-9]{2}_[a-z0-9]|sk-|akia|asia|aroa|aida|glp|xox|aiza|ya29|sg\.|key|pypi-|eyj|private|bearer|basic|pass|pwd|kennwort|contrase|clave|mdp|mot de|senha|wachtwoord|has[lł]o|token|secret/iu,
    find: secretsIn,
  },
];
