/** Reasons to need another certificate. */

/** The cases that users choose from. */
export const CASES = ["new", "lost", "forgotten"] as const;

/** The case that only an error leads to: this phone's share has lost its counterpart, or is damaged. */
export const UNUSABLE = "unusable";

export type ReplaceCase = (typeof CASES)[number] | typeof UNUSABLE;

/** Returns whether the new certificate is for the same phone. */
export function isSamePhone(about: ReplaceCase): boolean {
  return about === "forgotten" || about === UNUSABLE;
}
