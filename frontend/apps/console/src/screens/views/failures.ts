/** Why a view or a sample can't be rendered: the error, and its place in the view. */

import type { Translator } from "@mshield/look/vue/words.ts";

import { labelAt } from "./drawn.ts";

export interface Failure {
  readonly error: string | null;
  readonly at: string | null;
}

/** Returns the words for a code of views.md; the code itself if there are none. */
export function failureText(t: Translator["t"], error: string | null): string {
  const word = t(`error.${error}`);
  return word === `error.${error}` ? (error ?? "") : word;
}

/** Returns the place in the view: its name and pointer; empty for the whole view. */
export function failurePlace(t: Translator["t"], { at }: Failure, view: unknown): string {
  if (!at) return "";
  const label = labelAt(view, at);
  return t("place", { at: label === null ? at : `${label}  ${at}` });
}
