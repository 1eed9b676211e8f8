/** What the page and the worker that reads a content tell each other. */

import type { Content, Given } from "./content.ts";
import type { ShownLine } from "./lines.ts";

/** Lines that are drawn at a time. */
export const STEP = 200;

/** What the worker is asked, one thing after the other, and what it answers to both. */
export type Order = { readonly open: Given } | { readonly from: number; readonly to: number };
export interface Answer {
  readonly kind: Content["kind"];
  readonly count: number;
  readonly lines: readonly ShownLine[];
}
