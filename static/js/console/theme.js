/**
 * System, light or dark. The choice is a first-party cookie, not storage: the server reads it and writes
 * `data-theme` into the page, so that nothing flashes before the first script runs.
 */

export const THEMES = /** @type {const} */ (["system", "light", "dark"]);
const YEAR_IN_SECONDS = 365 * 24 * 60 * 60;

/** @param {Document} page */
export function themeOf(page) {
  const root = page.documentElement;
  return {
    /** @returns {"system"|"light"|"dark"} */
    get current() {
      const set = root.dataset.theme;
      return set === "light" || set === "dark" ? set : "system";
    },
    /** @param {"system"|"light"|"dark"} theme */
    choose(theme) {
      if (theme === "system") delete root.dataset.theme;
      else root.dataset.theme = theme;
      const life = theme === "system" ? 0 : YEAR_IN_SECONDS;
      const secure = page.location.protocol === "https:" ? "; Secure" : "";
      page.cookie = `theme=${theme}; Path=/; Max-Age=${life}; SameSite=Lax${secure}`;
    },
  };
}
