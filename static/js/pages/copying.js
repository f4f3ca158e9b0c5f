// @ts-check
/** A page whose only need of a script of ours is to copy what it shows. */
import { copyButtons } from "./copy.js";

copyButtons(document, new AbortController().signal);
