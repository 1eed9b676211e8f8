/** What is offered once something was signed: first finger or face, at another time to be notified. Once for each. */

import { useLocalStorage } from "@vueuse/core";

export type Offer = "finger" | "push";

const answered = useLocalStorage<Offer[]>("mshield-offered", []);

/** What this phone could do and doesn't. */
export interface Possible {
  finger(): Promise<boolean>;
  push(): Promise<boolean>;
}

/** The next thing to offer, null for none. Where it can't be found out, it isn't offered. */
export async function nextOffer(possible: Possible): Promise<Offer | null> {
  for (const offer of ["finger", "push"] as const) {
    if (!answered.value.includes(offer) && (await possible[offer]().catch(() => false))) {
      return offer;
    }
  }
  return null;
}

/** It was taken or put off: either way it isn't offered again. */
export function markAnswered(offer: Offer): void {
  answered.value = [...new Set([...answered.value, offer])];
}
