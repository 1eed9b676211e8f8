/** Acts of the legal representative on a shield by its state (docs/legal-person.md), and their calls. */

import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "./client.ts";
import type { Outcome, Shield } from "./types.ts";

export type HoldAct = "report_loss" | "lift_loss" | "freeze" | "unfreeze";
export type Act = HoldAct | "revoke";
/** Reasons in the revocation list (RFC 5280, 5.3.1). */
export type Cause =
  "unspecified" | "key_compromise" | "affiliation_changed" | "superseded" | "cessation_of_operation";

export const ICONS: Record<Act, string> = {
  report_loss: "lost",
  lift_loss: "play",
  freeze: "pause",
  unfreeze: "play",
  revoke: "st-revoked",
};

type Standing = Pick<Shield, "state" | "holds">;

/** Returns the acts that would change something, in display order. */
export function possibleActs({ state, holds }: Standing): Act[] {
  switch (state) {
    case "active":
      return [
        holds.includes("lost") ? "lift_loss" : "report_loss",
        holds.includes("frozen") ? "unfreeze" : "freeze",
        "revoke",
      ];
    case "pin_locked": {
      // Nothing can be signed, so there is nothing to hold; holds by the legal representative can be lifted.
      const lifts: Act[] = [];
      if (holds.includes("lost")) lifts.push("lift_loss");
      if (holds.includes("frozen")) lifts.push("unfreeze");
      return [...lifts, "revoke"];
    }
    case "issued":
    case "expired":
      return ["revoke"];
    default:
      return [];
  }
}

/** Returns the acts that are possible with at least one of these. */
export function possibleForAny(shields: readonly Standing[]): Act[] {
  const order: Act[] = ["report_loss", "lift_loss", "freeze", "unfreeze", "revoke"];
  const possible = new Set(shields.flatMap(possibleActs));
  return order.filter((act) => possible.has(act));
}

export async function doAct(
  creditCode: string,
  act: HoldAct,
  numbers: readonly string[],
  reason: string,
): Promise<Outcome[]> {
  const { items } = await unwrapAnswer(
    api.POST("/api/portal/enterprises/{credit_code}/acts", {
      params: { path: { credit_code: creditCode } },
      body: { act, shield_numbers: [...numbers], reason },
    }),
  );
  return items;
}

/** Sends a code for revoking one batch; returns the seconds until another may be requested. */
export async function askForCode(): Promise<number> {
  return (await unwrapAnswer(api.POST("/api/portal/revocation-codes"))).resend_in;
}
