/** What the phone itself knows, without asking anybody. */

import { thumbprint } from "./dpop.ts";
import type { Scan } from "./messages.ts";
import type { Operation } from "./operation.ts";
import type { Account } from "./state.ts";

/** What the phone itself knows. `left` are the PIN attempts that the service last told. */
export interface Status {
  readonly account: string | null;
  /** Whose login it is; null without one, or in one of an earlier version. */
  readonly owner: Account | null;
  readonly isLoggedIn: boolean;
  /** Ms; null without a login. It may have passed. */
  readonly sessionExpiresAt: number | null;
  readonly shieldNumber: string | null;
  readonly certificatePem: string | null;
  readonly isApplicationPending: boolean;
  /** A renewal stopped after its key was made. */
  readonly isRenewalPending: boolean;
  readonly isOperationUnfinished: boolean;
  /** The service no longer knows the phone's share, or it is damaged: the shield must be revoked and applied for anew. */
  readonly isUnusable: boolean;
  readonly scanned: Scan | null;
  readonly left: number | null;
  readonly deviceKeyThumbprint: string;
}

export async function statusOf({ vault, platform }: Operation): Promise<Status> {
  const { session, key, pending, shieldNumber, scanned, deviceKey } = vault.state;
  return {
    account: session?.account ?? null,
    owner: session?.owner ?? null,
    isLoggedIn: session !== null && session.expiresAt > platform.now(),
    sessionExpiresAt: session?.expiresAt ?? null,
    shieldNumber,
    certificatePem: key?.certificate?.pem ?? null,
    isApplicationPending: pending !== null && !pending.renews,
    isRenewalPending: pending !== null && pending.renews,
    isOperationUnfinished: (key?.isUnanswered ?? false) && !key!.isUnusable,
    isUnusable: key?.isUnusable ?? false,
    scanned,
    left: key?.left ?? null,
    deviceKeyThumbprint: await thumbprint(deviceKey),
  };
}
