/** The visitor pane: who writes, from which page, and whether his identity is proven. */
import { el, fill, listen, setAttributes } from "../../shared/dom.js";
import { rendered } from "../../shared/linkify.js";
import { acts } from "../model/acts.js";
import { say } from "../messages.js";
import { initials, symbol } from "./icons.js";
import { observe } from "./observe.js";
import { nameOf } from "./row.js";
import { mountTags } from "./tags.js";
import { departmentName } from "./thread.js";

/** @param {[string, any][]} facts */
function facts(facts) {
  const rows = facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  if (rows.length === 0) return null;
  const pairs = rows.flatMap(([term, value]) => [
    el("dt", {}, el("bdi", {}, term)),
    el("dd", {}, el("bdi", {}, ...(typeof value === "string" ? rendered(value) : [String(value)]))),
  ]);
  return el("dl", { class: "facts" }, ...pairs);
}

/** @param {string} title @param {Element|null} content */
function part(title, content) {
  return content && el("section", { class: "visitor__part" }, el("h3", {}, title), content);
}

/** What the visitor said of the conversation. @param {{score: number, comment: string|null}|undefined} given */
function rating(given) {
  if (!given) return null;
  const stars = "★".repeat(given.score) + "☆".repeat(5 - given.score);
  return el(
    "div",
    { class: "rating" },
    el("p", {}, el("span", { class: "rating__stars", "aria-hidden": "true" }, stars), " ", say.pane.score(given.score)),
    given.comment && el("p", { class: "rating__comment", dir: "auto" }, ...rendered(given.comment)),
  );
}

/** "en" is English; what is no language tag stays as it is. @param {string|undefined} locale */
function languageName(locale) {
  try {
    return locale && new Intl.DisplayNames(document.documentElement.lang || "en", { type: "language" }).of(locale);
  } catch {
    return locale;
  }
}

/** @param {string} outcome as the agent chose it, or the platform set it */
function outcomeName(outcome) {
  return outcome === "blocked" ? say.outcomeBlocked : say.outcomes[/** @type {"spam"} */ (outcome)] ?? outcome;
}

/** @param {any} visitor */
function shield(visitor) {
  const verified = visitor?.verified === true;
  return el(
    "span",
    { class: "shield", "data-verified": String(verified) },
    symbol(verified ? "shield" : "unknown"),
    verified ? say.pane.verified : say.pane.unverified,
  );
}

/** @param {any} one */
function head(one) {
  return el(
    "div",
    { class: "visitor__head" },
    el("span", { class: "avatar avatar--large", "aria-hidden": "true" }, initials(nameOf(one))),
    el("div", { class: "visitor__who" }, el("h2", { class: "visitor__name" }, el("bdi", {}, nameOf(one))), shield(one.visitor)),
    el("button", { class: "icon-button", type: "button", "aria-label": say.hidePane, "data-run": "foldPane" }, symbol("cross")),
  );
}

/** @param {any} app @param {any} state @param {any} one */
function body(app, state, one) {
  const visitor = one.visitor ?? {};
  const page = visitor.page ?? {};
  return [
    part(say.pane.rating, rating(one.rating)),
    part(say.pane.contact, facts([
      [say.pane.email, visitor.email],
      [say.pane.phone, visitor.phone],
      [say.pane.locale, languageName(visitor.locale)],
      [say.pane.address, visitor.address],
    ])),
    part(say.pane.page, facts([[say.pane.page, page.title], ["URL", page.url], [say.pane.referrer, page.referrer]])),
    part(say.pane.fields, facts(Object.entries(visitor.fields ?? {}))),
    part(
      say.pane.conversation,
      facts([
        [say.pane.department, departmentName(app, state, one)],
        [say.pane.assigned, one.status === "open" ? one.assigned_to?.name ?? say.unassigned : null],
        [say.outcome, one.status === "closed" && one.outcome ? outcomeName(one.outcome) : null],
      ]),
    ),
  ];
}

/** @param {HTMLElement} root @param {any} app */
export function mountVisitor(root, app) {
  const top = el("div", {});
  const details = el("div", {});
  const tags = el("section", { class: "visitor__part" });
  const blocked = el("p", { class: "strip strip--quiet", role: "status" });
  const block = el("button", { class: "button", type: "button", "data-run": "block" });
  const door = el("section", { class: "visitor__part" }, blocked, block);
  fill(root, top, tags, details, door);
  mountTags(tags, app);
  listen(root, "click", (event) => {
    const button = event.target.closest("[data-run]");
    if (button) app.run(button.dataset.run);
  }, app.signal);
  let headed = "";
  const pick = (/** @type {any} */ s) => [s.selected, s.conversations[s.selected ?? ""], s.departments, s.permissions, s.departmentPermissions, s.me];
  observe(app.store, pick, (state) => {
    const one = state.conversations[state.selected ?? ""];
    setAttributes(root, { "data-empty": !one });
    tags.hidden = !one || (!acts(state, one).tag && one.tags.length === 0);
    const now = one ? JSON.stringify([one.id, nameOf(one), one.visitor?.verified]) : "";
    if (now !== headed) fill(top, one && head(one));
    headed = now;
    const can = one ? acts(state, one) : null;
    door.hidden = !can?.block && !can?.unblock;
    blocked.textContent = can?.unblock ? say.isBlocked : "";
    blocked.hidden = !can?.unblock;
    block.textContent = can?.unblock ? say.unblock : say.block; // one button, so that the focus stays on it
    fill(details, ...(one ? body(app, state, one) : [el("p", { class: "empty" }, say.pane.nothing)]));
  }, app.signal);
}
