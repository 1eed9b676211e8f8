/** Messages between the page and the worker that reads a content. */

import type { Content, DocumentContent } from "./content.ts";
import type { TextLine } from "./lines.ts";

/** Number of lines drawn at a time. */
export const STEP = 200;

/** Requests to the worker, and its answer to both kinds. */
export type Order = { readonly open: DocumentContent } | { readonly from: number; readonly to: number };
export interface Answer {
  readonly kind: Content["kind"];
  readonly count: number;
  readonly lines: readonly TextLine[];
}
