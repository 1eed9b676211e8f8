/** Why somebody looks for the way to another shield. */

/** Among which they choose. */
export const CASES = ["new", "lost", "forgotten"] as const;

/** An error led here: this phone's share has lost its counterpart, or is damaged. */
export const UNUSABLE = "unusable";

export type ReplaceCase = (typeof CASES)[number] | typeof UNUSABLE;

/** Whether the new certificate is for the same phone. */
export function isSamePhone(about: ReplaceCase): boolean {
  return about === "forgotten" || about === UNUSABLE;
}
