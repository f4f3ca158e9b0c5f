/**
 * What each `error` code of the server means to an agent: the sentence, and whether sending again may help.
 * The server's own `detail` is shown beside it as text; an unknown code is shown, never swallowed.
 */

/** @type {Readonly<Record<string, {text: string, retry: boolean}>>} */
export const CATALOGUE = Object.freeze({
  bad_frame: { text: "The server did not understand this request.", retry: false },
  too_long: { text: "This text is too long.", retry: false },
  rate_limited: { text: "That was too fast.", retry: true },
  not_found: { text: "This conversation does not exist, or not for you.", retry: false },
  forbidden: { text: "Your role does not allow this.", retry: false },
  already_assigned: { text: "A colleague was faster: the conversation is taken.", retry: false },
  queue_empty: { text: "Nobody is waiting.", retry: false },
  closed: { text: "The conversation is closed.", retry: false },
  conflict: { text: "Somebody changed this meanwhile.", retry: false },
  unavailable: { text: "The server could not store this.", retry: true },
});

/** @typedef {{text: string, detail: string, code: string, retry: boolean, retryAfter: number|null}} Explained */

/**
 * An `error` frame in words for a person.
 * @param {{code?: unknown, detail?: unknown, retry_after?: unknown}} frame
 * @returns {Explained}
 */
export function explain(frame) {
  const code = typeof frame.code === "string" && frame.code ? frame.code : "unknown";
  const known = Object.hasOwn(CATALOGUE, code) ? CATALOGUE[code] : { text: "The server refused this.", retry: false };
  const after = typeof frame.retry_after === "number" && frame.retry_after >= 0 ? frame.retry_after : null;
  return {
    text: known.text,
    detail: typeof frame.detail === "string" ? frame.detail : "",
    code,
    retry: known.retry,
    retryAfter: after,
  };
}
