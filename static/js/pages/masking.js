// @ts-check
/** The Masking page: a text is tried while it is typed, and work that goes on is watched. Without this the forms do the same. */

import { el, fill, hook, listen } from "../shared/dom.js";

const AFTER = 300;
const EVERY = 1000;
const SLOWEST = 15000;

const page = new AbortController();
const tester = document.querySelector("[data-tester]");
if (tester) tryWhileTyping(/** @type {HTMLFormElement} */ (tester), page.signal);
for (const job of document.querySelectorAll("[data-job]")) watch(/** @type {HTMLElement} */ (job), page.signal);

/** @param {HTMLFormElement} form @param {AbortSignal} signal */
function tryWhileTyping(form, signal) {
  const result = hook(form, "tester-result");
  const text = hook(form, "tester-text");
  let timer = 0;
  let asked = new AbortController();

  async function ask() {
    asked.abort(); // an answer to what was typed before must not come after
    asked = new AbortController();
    if (!text.value) return fill(result);
    try {
      const response = await fetch(form.action, {
        method: "POST", body: new FormData(form), headers: { Accept: "application/json" },
        credentials: "same-origin", signal: asked.signal,
      });
      if (!response.ok) throw new Error(String(response.status));
      show(result, await response.json());
    } catch (error) {
      if (!asked.signal.aborted) fill(result, el("p", { class: "alarm" }, result.dataset.away));
    }
  }

  listen(form, "input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, AFTER);
  }, signal);
  listen(form, "submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    ask();
  }, signal, { capture: true });
  if (text.value) ask(); // typed before this was loaded, or kept by the browser
}

/** @param {HTMLElement} result @param {any} answer */
function show(result, answer) {
  if (answer.error) return fill(result, el("p", { class: "alarm" }, answer.error));
  const words = result.dataset;
  const found = answer.findings.map((/** @type {any} */ one) => el("li", {},
    el("strong", {}, one.kind), " ", el("code", {}, one.shape), ` ${one.rule}, `,
    said(words.place, { start: one.start + 1, end: one.end }), one.reasons.length ? `: ${one.reasons.join(", ")}` : ""));
  const left = answer.left.map((/** @type {any} */ one) => el("li", {}, el("code", {}, one.shape), ` ${one.reason}`,
    one.points?.length ? `: ${one.points.join(", ")}` : ""));
  fill(result,
    el("p", { class: "result", dir: "auto" }, answer.masked),
    found.length ? el("ul", { class: "plain" }, ...found) : el("p", {}, words.clean),
    left.length > 0 && el("p", {}, words.left),
    left.length > 0 && el("ul", { class: "plain" }, ...left),
    el("p", { class: "quiet" }, said(words.looked, { what: answer.looked_for.join(", ") }), " · ",
      said(words.time, { n: answer.microseconds / 1000 })));
}

/** Ask how far it came; when it has ended the page is read anew. @param {HTMLElement} job @param {AbortSignal} signal */
function watch(job, signal) {
  const bar = hook(job, "job-bar");
  const line = hook(job, "job-line");
  let wait = EVERY;

  async function look() {
    if (signal.aborted) return;
    if (!document.hidden) {
      const status = await asked(job.dataset.url ?? "");
      wait = status ? EVERY : Math.min(wait * 2, SLOWEST);
      if (status && status.status !== job.dataset.status) return location.reload();
      if (status) {
        bar.max = Math.max(1, status.total);
        bar.value = status.done;
        line.textContent = said(job.dataset.text, status);
      }
    }
    setTimeout(look, wait);
  }

  if (job.dataset.status === "running") setTimeout(look, wait);
}

/** @param {string} url @returns {Promise<any>} null where there was no answer */
async function asked(url) {
  try {
    const response = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** @param {string|undefined} sentence with %(name)s in it @param {Record<string, any>} values */
function said(sentence, values) {
  return (sentence ?? "").replace(/%\((\w+)\)s/g, (_, name) => String(values[name] ?? ""));
}
