/** Errors that have a guide of their own in the app: it leads through what to do, and then back to an application. */

export const UNUSABLE_GUIDE = "/replace-phone?case=unusable";

const GUIDES: Readonly<Record<string, string>> = {
  epoch_unknown: UNUSABLE_GUIDE,
  damaged_slot: UNUSABLE_GUIDE,
};

/** The guide's screen, or null where the FAQ entry must do. */
export function guideOf(code: string): string | null {
  return GUIDES[code] ?? null;
}
