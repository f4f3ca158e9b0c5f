// @ts-check
/** Get started: copy buttons, the line that turns when the first page loads the widget, and a preview of it. */

import { copyButtons } from "./copy.js";
import { showPreview } from "./preview.js";
import { watchForVisitor } from "./seen.js";

const page = new AbortController();
copyButtons(document, page.signal);
const line = document.querySelector("[data-seen]");
if (line) watchForVisitor(/** @type {HTMLElement} */ (line), page.signal);
const preview = document.querySelector("[data-preview]");
if (preview) showPreview(/** @type {HTMLIFrameElement} */ (preview), page.signal);
