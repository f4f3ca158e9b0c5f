// @ts-check
/** Detectors that a tenant switches on: the browser's copy of security/masking/packs, fetched only where one is on. */
import * as banking from "./banking.js";
import * as contact from "./contact.js";
import * as identity from "./identity.js";
import * as secrets from "./secrets.js";

/** @type {Map<string, import("../policy.js").Pack>} */
export const PACKS = new Map([banking, identity, contact, secrets].flatMap((room) => room.PACKS).map((pack) => [pack.name, pack]));
