/** Shapes that travel between the shared modules. Types only: nothing here is ever sent to a browser. */

export interface Frame {
  type: string;
  ref?: number;
  [field: string]: any;
}

/** "ended": will not try again by itself. */
export type Phase = "idle" | "connecting" | "ready" | "waiting" | "ended";

export interface State {
  phase: Phase;
  /** The close code that led here. */
  code: number | null;
  attempt: number;
  retryAt: number | null;
}

export interface Clock {
  now(): number;
  setTimeout(run: () => void, after: number): any;
  clearTimeout(timer: any): void;
}

/** A message on its way. Acknowledged ones leave the outbox: they are in the transcript. */
export interface Item {
  clientId: string;
  /** What is sent, `client_id` included. */
  frame: Frame;
  createdAt: number;
  state: "sending" | "failed";
  /** Why it failed, or why it waits (`rate_limited`). */
  reason: string | null;
  /** When it is sent again by itself. */
  againAt: number | null;
}

export interface Message {
  id: string;
  seq: number;
  /** The message before it that this reader may see; 0: none. */
  prev_seq?: number;
  rev: number;
  text: string;
  author: { kind: string; id?: string | null; name?: string };
  sent_at: string;
  masked?: { kind: string; count: number }[];
  client_id?: string | null;
  code?: string;
  gone?: boolean;
  edited?: boolean;
}

export type Part = { kind: "text" | "masked"; text: string } | { kind: "link"; text: string; href: string };
