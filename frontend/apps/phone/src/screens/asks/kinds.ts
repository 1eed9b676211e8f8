/** What can be asked of the legal person about a shield as it stands; the service refuses the rest. */

import type { AskKind } from "@mshield/shield";

export interface Asked {
  readonly shieldNumber: string;
  readonly state: string;
  readonly holds: readonly string[];
}

const ENDED = new Set(["revoked", "superseded"]);
/** Holds that a legal person can lift. */
const LIFTED = new Set(["lost", "frozen"]);

export function kindsFor(asked: Asked | null): AskKind[] {
  if (asked === null || ENDED.has(asked.state)) {
    return [];
  }
  const canLift = asked.holds.some((hold) => LIFTED.has(hold));
  return [
    "revoke",
    ...(canLift ? (["lift"] as const) : []),
    ...(asked.state === "active" ? (["renew"] as const) : []),
  ];
}
