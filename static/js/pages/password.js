// @ts-check
/**
 * While a new password is typed: which of the rules it meets, and how hard it is to guess. Decides nothing: the server
 * looks at what is sent. Pasting and password managers are left alone. Imports nothing: pages without an import map have it too.
 */

const PAUSE = 400;

/** What a password can be asked to hold; the server's words for it (security/accounts/rules.py). @type {Record<string, RegExp>} */
const HOLDS = {
  letters: /\p{L}/u,
  digits: /\p{Nd}/u,
  upper: /\p{Lu}/u,
  lower: /\p{Ll}/u,
  symbols: /[^\p{L}\p{N}]/u,
};

/** @param {string} rule @param {string} password @param {number} least */
function isMet(rule, password, least) {
  return rule === "length" ? [...password].length >= least : Boolean(HOLDS[rule]?.test(password));
}

/** @param {HTMLElement} rules @param {AbortSignal} signal */
function follow(rules, signal) {
  const input = /** @type {HTMLInputElement | null} */ (document.getElementById(rules.dataset.for ?? ""));
  const line = /** @type {HTMLElement | null} */ (rules.querySelector("[data-strength]"));
  if (!input || !input.form || !line) return;
  let timer = 0;
  let asking = new AbortController();

  const look = () => {
    asking.abort();
    clearTimeout(timer);
    for (const item of /** @type {NodeListOf<HTMLElement>} */ (rules.querySelectorAll("[data-rule]"))) {
      item.dataset.met = String(input.value !== "" && isMet(item.dataset.rule ?? "", input.value, Number(rules.dataset.least)));
    }
    if (input.value === "") line.hidden = true;
    else timer = window.setTimeout(ask, PAUSE);
  };

  const ask = async () => {
    asking = new AbortController();
    const found = await strengthOf(rules.dataset.url ?? "", /** @type {HTMLFormElement} */ (input.form), input.value, asking.signal);
    if (!found) return;
    const isEnough = !found.is_common && found.strength >= Number(rules.dataset.strength);
    line.dataset.met = String(isEnough);
    line.textContent = found.is_common ? line.dataset.common ?? "" : (line.dataset.words ?? "").split("|")[found.strength];
    line.hidden = false;
  };

  input.addEventListener("input", look, { signal });
}

/**
 * @param {string} url @param {HTMLFormElement} form @param {string} password @param {AbortSignal} signal
 * @returns {Promise<{strength: number, is_common: boolean} | null>} null where there is no answer: then nothing is said
 */
async function strengthOf(url, form, password, signal) {
  const body = new URLSearchParams({ password });
  for (const name of ["csrfmiddlewaretoken", "email", "full_name", "organisation"]) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) body.set(name, field.value);
  }
  try {
    const response = await fetch(url, { method: "POST", body, signal, headers: { Accept: "application/json" }, credentials: "same-origin" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

const page = new AbortController();
for (const rules of document.querySelectorAll("[data-password-rules]")) {
  follow(/** @type {HTMLElement} */ (rules), page.signal);
}
