/**
 * Errors that have their own guide in the app, which explains what to do and then leads back to an
 * application.
 */

export const UNUSABLE_GUIDE = "/replace-phone?case=unusable";

const GUIDES: Readonly<Record<string, string>> = {
  epoch_unknown: UNUSABLE_GUIDE,
  damaged_slot: UNUSABLE_GUIDE,
};

/** Returns the path of the guide, or null if there is only an FAQ entry. */
export function guideOf(code: string): string | null {
  return GUIDES[code] ?? null;
}
