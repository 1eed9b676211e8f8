/** Kinds of requests to the legal person that a shield's state allows; the service refuses the others. */

import type { AskKind } from "@mshield/shield";

export interface ShieldStatus {
  readonly shieldNumber: string;
  readonly state: string;
  readonly holds: readonly string[];
}

const ENDED = new Set(["revoked", "superseded"]);
/** Holds that a legal person can lift. */
const LIFTED = new Set(["lost", "frozen"]);

export function possibleKinds(asked: ShieldStatus | null): AskKind[] {
  if (asked === null || ENDED.has(asked.state)) {
    return [];
  }
  const isActive = asked.state === "active";
  const isLost = asked.holds.includes("lost");
  const isOffered: Record<AskKind, boolean> = {
    report_loss: isActive && !isLost,
    revoke: true,
    lift: asked.holds.some((hold) => LIFTED.has(hold)),
    renew: isActive,
  };
  return (Object.keys(isOffered) as AskKind[]).filter((kind) => isOffered[kind]);
}
