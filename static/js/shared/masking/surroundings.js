// @ts-check
/** The words and marks around a number: the browser's copy of security/masking/finding/surroundings.py. */
import { tables } from "../mask-tables.js";
import { LETTERS, NO_SPACES, WORDS, isDigit, isLetter } from "./folding.js";
import { CARD_WORDS, SSN_WORDS } from "./prefilter.js";
import { matchesWithin } from "./scan.js";
import { plain } from "./views.js";

/** @typedef {{near: Set<string>, labels: Set<string>}} Said kinds of the lexicon */

const BEFORE = 90;
const AFTER = 45;
const LABEL_REACH = 45;
const LABEL_AFTER = 30;
const CONTEXT_LENGTH = 1_000;
const HASH_REACH = 64;
const HASH_LENGTH = 24;
const HASH_LETTERS = 4;
const IBAN_REACH = 40;
const SHORTEST_IBAN = 15;
const LONGEST_PHRASE = 40;
const BETWEEN = new Set(tables.between);
const WORD = new RegExp(`[${LETTERS}]+`, "g");
const ENDS = `[!?\\n;]|[${LETTERS}]{4,}\\. `;
const SENTENCE_ENDS = new RegExp(ENDS);
const LABEL_ENDS = new RegExp(`${ENDS}|[0-9]{3,}|\\u2022`, "g");
const SAYS = new RegExp(`^[\\s"')\\]]{0,3}(?:(?:is|was|being|as|ist|war|es|est|e)(?![${WORDS}])|\\(|=)`);
const HEX = /[0-9a-f-]/;
const UUID = /(?<![0-9a-z])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-z])/g;
const UUID_LENGTH = 36;
const IBAN = /(?<![a-z0-9])[a-z]{2}[0-9]{2}(?: ?[0-9a-z]){11,30}/g;
/** What a word does not speak of before others. */
const UNLESS = new Map([
  ["social", new RegExp(`[^${WORDS}]+(?:insurance|media|networks?|workers?|club|events?|care|services?)(?![a-z])`, "y")],
]);
/** @type {[string, string][]} */
const GLUED = [["card", "card"], ["visa", "card"], ["credit", "card"], ["ssn", "ssn"], ["social", "ssn"]];

/** Single words · phrases by their last word · parts of words, for scripts that put no spaces between words. */
const lexicon = (() => {
  /** @type {Map<string, string[]>} */
  const single = new Map();
  /** @type {Map<string, [string, string][]>} */
  const phrases = new Map();
  /** @type {[string, string][]} */
  const parts = [];
  for (const [kind, words] of Object.entries(tables.lexicon)) {
    for (const word of words) {
      const { text } = plain(word);
      const last = text.slice(text.lastIndexOf(" ") + 1);
      if (last !== text) phrases.set(last, [...(phrases.get(last) ?? []), [text, kind]]);
      else if (text >= NO_SPACES) parts.push([text, kind]);
      else single.set(text, [...(single.get(text) ?? []), kind]);
    }
  }
  return { single, phrases, parts };
})();

/** The kinds of words in class text, each with where its last word begins. @param {string} text @returns {Generator<[string, number]>} */
function* spoken(text) {
  const { single, phrases, parts } = lexicon;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    for (const kind of follows(UNLESS.get(word), text, index + word.length) ? [] : single.get(word) ?? []) yield [kind, index];
    const known = phrases.get(word);
    if (known) {
      const said = (text.slice(Math.max(0, index - LONGEST_PHRASE), index + word.length).match(WORD) ?? []).join(" ");
      for (const [phrase, kind] of known) {
        if (said.endsWith(phrase) && !isLetter(said.charAt(said.length - phrase.length - 1))) yield [kind, index];
      }
    }
    if (word >= NO_SPACES) for (const [part, kind] of parts) if (word.includes(part)) yield [kind, index];
  }
}

const kindsIn = (/** @type {string} */ text) => new Set(Array.from(spoken(text), ([kind]) => kind));

/** The messages before, and the kinds of words in them. */
export class Conversation {
  /** @type {Set<string> | null} */
  #kinds = null;

  /** @param {readonly string[]} messages */
  constructor(messages) {
    this.messages = messages;
  }

  /** Whether a word of `kind` was said before. @param {string} kind */
  speaksOf(kind) {
    this.#kinds ??= new Set(this.messages.flatMap((message) => [...kindsIn(plain(Array.from(message).slice(-CONTEXT_LENGTH).join("")).text)]));
    return this.#kinds.has(kind);
  }
}

/** One view's text in class letters, with the conversation before it. */
export class Surroundings {
  /** @param {string} text @param {Conversation} conversation @param {Set<number>} hints */
  constructor(text, conversation, hints) {
    this.text = text;
    this.conversation = conversation;
    this.hints = hints;
  }

  /** Whether a word of `kind` may stand anywhere in the text, or was said in the messages before. @param {"card" | "ssn"} kind */
  anywhere(kind) {
    return this.hints.has(kind === "card" ? CARD_WORDS : SSN_WORDS) || this.conversation.speaksOf(kind);
  }

  /**
   * The words that speak of the number at `start:end`; labels are those before `labelled`, and right behind.
   * @param {number} start @param {number} end @param {number | null} labelled
   * @returns {Said}
   */
  said(start, end, labelled) {
    const before = this.text.slice(Math.max(0, start - BEFORE), start);
    const near = kindsIn(before);
    const labels = new Set(labelled !== null && (near.size || labelled !== start) ? this.#labels(labelled) : []);
    if (isLetter(before.slice(-1))) {
      for (const kind of glued(before)) near.add(kind);
      if (labelled === start) for (const kind of near) labels.add(kind);
    }
    const after = this.text.slice(end, end + AFTER);
    const says = SAYS.test(after);
    for (const [kind, place] of spoken(after)) {
      near.add(kind);
      if (says && place < LABEL_AFTER && !SENTENCE_ENDS.test(after.slice(0, place))) labels.add(kind);
    }
    return { near, labels };
  }

  /** The kinds of words in the sentence before `start` and behind the last number in it; a hard label has to be close. @param {number} start */
  #labels(start) {
    const text = this.text.slice(Math.max(0, start - LABEL_REACH), start);
    let begin = 0;
    for (const match of text.matchAll(LABEL_ENDS)) begin = match.index + match[0].length;
    const sentence = text.slice(begin);
    return Array.from(spoken(sentence)).filter(([kind, place]) => kind !== "hard" || isClose(sentence.slice(place))).map(([kind]) => kind);
  }

  /** The class letter before a number; empty at the beginning. @param {number} start */
  before(start) {
    return this.text.charAt(start - 1);
  }

  /** The class letter after a number; empty at the end. @param {number} end */
  after(end) {
    return this.text.charAt(end);
  }

  /** Whether figures and a decimal point stand before it. @param {number} start */
  isFraction(start) {
    return [".", ","].includes(this.before(start)) && isDigit(this.before(start - 1));
  }

  /** Whether it is part of a long hexadecimal word: a digest or a UUID. @param {number} start @param {number} end */
  isInHash(start, end) {
    const { text } = this;
    let [left, right] = [start, end];
    while (left > 0 && left > start - HASH_REACH && HEX.test(text[left - 1])) left -= 1;
    while (right < text.length && right < end + HASH_REACH && HEX.test(text[right])) right += 1;
    return right - left >= HASH_LENGTH && (text.slice(left, right).match(/[a-z]/g)?.length ?? 0) >= HASH_LETTERS;
  }

  /** Whether a UUID shares digits with it. @param {number} start @param {number} end */
  isInUuid(start, end) {
    for (const match of matchesWithin(UUID, this.text, Math.max(0, start - UUID_LENGTH), end + UUID_LENGTH)) {
      if (match.index < end && start < match.index + match[0].length) return true;
    }
    return false;
  }

  /** Whether a valid IBAN spans it (ISO 13616: mod 97). @param {number} start @param {number} end */
  isInIban(start, end) {
    for (const match of matchesWithin(IBAN, this.text, Math.max(0, start - IBAN_REACH), end + IBAN_REACH)) {
      const spans = match.index <= start && match.index + match[0].length >= end;
      if (spans && holdsIban(match[0].replaceAll(" ", ""))) return true;
    }
    return false;
  }
}

/** Whether a label, with which the text begins, is followed by hardly anything but words of labels. @param {string} text */
function isClose(text) {
  const words = (text.match(WORD) ?? []).slice(1);
  const isOther = (/** @type {string} */ word) =>
    !BETWEEN.has(word) && !(lexicon.single.get(word) ?? []).some((kind) => kind === "hard" || kind === "soft");
  return words.filter(isOther).length < 2;
}

/** The kinds that a word without spaces ends with or holds: "mycardis4242". @param {string} before */
function glued(before) {
  const word = (before.match(WORD) ?? [""]).at(-1) ?? "";
  return GLUED.filter(([part]) => word.includes(part)).map(([, kind]) => kind);
}

/** @param {RegExp | undefined} sticky @param {string} text @param {number} place */
function follows(sticky, text, place) {
  if (!sticky) return false;
  sticky.lastIndex = place;
  return sticky.test(text);
}

/** Whether some beginning of it is an IBAN: what follows may be a word of the sentence. @param {string} text */
function holdsIban(text) {
  const head = [...text.slice(0, 4)].map((char) => Number.parseInt(char, 36)).join("");
  let value = 0;
  for (let place = 5; place <= text.length; place += 1) {
    const char = text[place - 1];
    value = (value * (isDigit(char) ? 10 : 100) + Number.parseInt(char, 36)) % 97;
    if (place >= SHORTEST_IBAN && (value * 10 ** head.length + Number(head)) % 97 === 1) return true;
  }
  return false;
}
