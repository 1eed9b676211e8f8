/** Why a view or a sample can't be drawn, in words: what is wrong, and where in the view. */

import type { Say } from "@mshield/look/vue/words.ts";

import { labelAt } from "./drawn.ts";

export interface Failure {
  readonly error: string | null;
  readonly at: string | null;
}

/** A code of views.md in a sentence's part; the code itself where there are no words for it. */
export function whyOf(t: Say["t"], error: string | null): string {
  const word = t(`error.${error}`);
  return word === `error.${error}` ? (error ?? "") : word;
}

/** Where in the view: what stands there is called, and the pointer; empty where it is the whole. */
export function placeOf(t: Say["t"], { at }: Failure, view: unknown): string {
  if (!at) return "";
  const label = labelAt(view, at);
  return t("place", { at: label === null ? at : `${label}  ${at}` });
}
