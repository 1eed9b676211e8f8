/** Offers after a signature: first fingerprint or face, another time notifications; once each. */

import { useLocalStorage } from "@vueuse/core";

export type Offer = "finger" | "push";

const answered = useLocalStorage<Offer[]>("mshield-offered", []);

/** One check per feature: whether this phone supports it and it is still off. */
export interface FeatureChecks {
  finger(): Promise<boolean>;
  push(): Promise<boolean>;
}

/** Returns the next offer, or null. If support can't be determined, the feature isn't offered. */
export async function nextOffer(possible: FeatureChecks): Promise<Offer | null> {
  for (const offer of ["finger", "push"] as const) {
    if (!answered.value.includes(offer) && (await possible[offer]().catch(() => false))) {
      return offer;
    }
  }
  return null;
}

/** Records that the user accepted or postponed the offer; in either case it isn't repeated. */
export function markAnswered(offer: Offer): void {
  answered.value = [...new Set([...answered.value, offer])];
}
