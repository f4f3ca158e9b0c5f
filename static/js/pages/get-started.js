// @ts-check
/** Get started: copy buttons, and the line that turns when the first page loads the widget. */

import { copyButtons } from "./copy.js";
import { watchForVisitor } from "./seen.js";

const page = new AbortController();
copyButtons(document, page.signal);
const line = document.querySelector("[data-seen]");
if (line) watchForVisitor(/** @type {HTMLElement} */ (line), page.signal);
