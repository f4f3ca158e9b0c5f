// @ts-check
/** "Ask about this": what a customer's own page does with the widget's interface, before or after it has loaded. */

const host = /** @type {any} */ (window);
host.Chat ??= { q: [] };

document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-ask]");
  if (!button) return;
  const question = button.getAttribute("data-ask");
  if (question) host.Chat.q.push(["prefill", question]);
  host.Chat.q.push(["open"]);
});
