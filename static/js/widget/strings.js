// @ts-check
/**
 * What the widget says. A text is a sentence, or one sentence for each plural form of `{count}`.
 * Another language is one more module with the same names; what it lacks is said in English.
 *
 * @import {Strings, Translate} from "./types"
 */

/** @type {Strings} */
export const ENGLISH = {
  open: "Open chat",
  close: "Close chat",
  unread: { one: "Open chat, {count} unread message", other: "Open chat, {count} unread messages" },
  menu: "More",
  end: "End chat",
  forget: "Forget me on this device",
  forgotten: "This device has forgotten you.",
  conversation: "Messages",
  composer: "Your message",
  placeholder: "Write a message…",
  send: "Send",
  hint: "Card numbers are hidden before anyone sees them.",
  unstored: "Nothing of this chat is stored. It is gone when the chat ends, or 15 minutes after the last message.",
  hidden: "{what} will be hidden: {text}",
  hidden_all: "This message cannot be checked and will be withheld.",
  hidden_more: { one: "{count} more will be hidden.", other: "{count} more will be hidden." },
  kind_card: "Card number",
  kind_cvv: "Security code",
  kind_expiry: "Expiry date",
  kind_ssn: "Social security number",
  kind_email: "E-mail address",
  kind_phone: "Phone number",
  kind_iban: "Bank account number",
  kind_dob: "Date of birth",
  kind_secret: "Password or key",
  kind_other: "Number",
  not_email: "This is not an e-mail address",
  not_phone: "This is not a phone number",
  not_iban: "This is not a bank account number",
  not_dob: "This is not a date of birth",
  not_secret: "This is not a password or key",
  not_other: "This is not such a number",
  undone: "{what} will be sent as typed.",
  hide_it: "Hide it",
  why_brand: "It is a valid {brand} number.",
  why_card: "It is a valid card number.",
  why_named: "Your words call it that.",
  why_beside: "It stands beside a card number.",
  why_ssn: "It is written like one.",
  why_site: "This website hides these.",
  left: { one: "{count} character left", other: "{count} characters left" },
  over: { one: "{count} character too many", other: "{count} characters too many" },
  you: "You",
  online: "We usually reply within minutes",
  offline: "We are away. Leave a message and we will reply.",
  back: "Back {when}. Leave your e-mail and we will reply.",
  waiting: "Waiting for an agent",
  position: "You are number {count} in the queue",
  joined: "{name} is here",
  ended: "This chat has ended",
  told_returned: "Waiting for the next free agent",
  told_closed: "Chat closed",
  told_ended: "You ended the chat",
  again: "Write to start a new chat.",
  fresh: "New chat",
  sending: "Sending…",
  later: "Sending again in {count} s",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  failed: "Not sent.",
  refused: "Could not be sent.",
  retry: "Try again",
  remove: "Remove",
  checking: "Checking…",
  edited: "edited",
  gone: "This message is no longer available.",
  typing: "{name} is typing…",
  older: "Loading earlier messages…",
  news: { one: "↓ {count} new message", other: "↓ {count} new messages" },
  many: { one: "{count} new message", other: "{count} new messages" },
  reconnecting: "Reconnecting… Your messages are kept.",
  replaced: "This chat continues in another tab.",
  here: "Use it here",
  blocked: "You can no longer write here.",
  unavailable: "This chat does not exist any more.",
  stopped: "The connection has ended.",
  consent: "I agree",
  consentNeeded: "Please agree first. Your message is kept.",
  rate: "How was this chat?",
  score: "{count} of 5",
  comment: "What could be better? (optional)",
  rated: "Thank you for telling us.",
  details: "How can we reach you when you have left?",
  email: "E-mail address",
  emailWrong: "This does not look like an e-mail address.",
  save: "Save",
  saved: "Saved. We will be in touch.",
  skip: "Not now",
};

/**
 * A line of the system's in the visitor's words and language; what they lack is told as the server did.
 *
 * @param {import("./types").Message} message @param {Translate} say
 */
export function told({ code, text }, say) {
  const name = `told_${code}`;
  return say.knows(name) ? say(name) : text;
}

/** @type {Record<string, () => Promise<{STRINGS: Strings}>>} */
const OTHERS = { ar: () => import("./strings_ar.js") };
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

/** @param {string} locale BCP 47, as the page asked for it @returns {Promise<Translate>} */
export async function translator(locale) {
  const wanted = locale.toLowerCase().split("-")[0];
  const language = Object.hasOwn(OTHERS, wanted) ? wanted : "en";
  const strings = language === "en" ? ENGLISH : { ...ENGLISH, ...(await OTHERS[language]()).STRINGS };
  return translate(strings, language, wanted === language ? locale : language);
}

/** @param {Strings} strings @param {string} language @param {string} locale @returns {Translate} */
export function translate(strings, language, locale) {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  const say = (/** @type {string} */ name, /** @type {Record<string, any>} */ values = {}) => {
    const found = strings[name];
    const sentence = typeof found === "string" ? found : found[plural.select(values.count)] ?? found.other;
    return sentence.replace(/\{(\w+)\}/g, (_, key) => typeof values[key] === "number" ? number.format(values[key]) : String(values[key]));
  };
  return Object.assign(say, { knows: (/** @type {string} */ name) => Object.hasOwn(strings, name), locale, language, dir: /** @type {"ltr"|"rtl"} */ (RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr") });
}
