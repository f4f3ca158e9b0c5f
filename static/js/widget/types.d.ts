/** Shapes of the visitor's frame. Types only: nothing here is ever sent to a browser. */

import type { Message } from "../shared/types";

export type { Item, Message } from "../shared/types";

/** A question of the form that follows the first message. */
export interface Field {
  name: string;
  label: string;
  kind: string;
  required: boolean;
  options: string[];
}

export interface Site {
  name: string;
  greeting: string;
  online: boolean;
  /** Closed until then, RFC 3339; null where it is open, or nobody knows when it opens. */
  back_at: string | null;
  consent: string | null;
  departments: { id: string; name: string; online: boolean; back_at?: string; unstored?: boolean }[];
  unstored?: boolean;
  fields: Field[];
  /** Which packs the site switched on, whether a card's last digits stay, whether a visitor may say that a pack is wrong. */
  masking: { packs: string[]; keep_last_four: boolean; may_undo: boolean };
}

export type Status = "none" | "waiting" | "open" | "closed";

export interface Listener {
  /** Something visible is different. */
  changed(): void;
  /** A new message of the other side, not one of the past. */
  arrived(message: Message): void;
  /** The server has accepted a message of this page for the first time. */
  stored(): void;
  status(status: Status): void;
  /** An error that belongs to no message. */
  refused(code: string): void;
}

/** A text is a sentence, or one sentence for each plural form of `{count}`. */
export type Strings = Record<string, string | Record<string, string>>;

export interface Translate {
  (name: string, values?: Record<string, any>): string;
  knows(name: string): boolean;
  locale: string;
  language: string;
  dir: "ltr" | "rtl";
}

export interface Bridge {
  origin: string;
  department: string | null;
  /** "conversation seq", as it was given to the page to keep. */
  seen: string | null;
  page: object | null;
  tell(type: string, value?: any): void;
}

export interface Entry {
  key: string;
  signature: string;
  build(): HTMLElement;
}

export interface Shown {
  message: Message;
  own: boolean;
  first: boolean;
  last: boolean;
  state: string | null;
}
