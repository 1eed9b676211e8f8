/** Why somebody looks for the way to another shield. */

export const CASES = ["new", "lost", "forgotten"] as const;
export type ReplaceCase = (typeof CASES)[number];
