/** The phone's local state, available without a call. */

import { thumbprint } from "./dpop.ts";
import type { Scan } from "./messages.ts";
import type { Operation } from "./operation.ts";
import type { Account } from "./state.ts";

/** The phone's local state. `left` is the number of PIN attempts last reported by the service. */
export interface Status {
  readonly account: string | null;
  /** Owner of the login; null without one. */
  readonly owner: Account | null;
  readonly isLoggedIn: boolean;
  /** In ms, possibly in the past; null without a login. */
  readonly sessionExpiresAt: number | null;
  readonly shieldNumber: string | null;
  readonly certificatePem: string | null;
  /** The log's vkey, stored with the certificate. */
  readonly logKey: string | null;
  readonly isApplicationPending: boolean;
  /** True if a renewal stopped after its key was made. */
  readonly isRenewalPending: boolean;
  readonly isOperationUnfinished: boolean;
  /**
   * True if the service lost the counterpart of the phone's share, or the share is damaged: the shield must
   * be revoked and applied for again.
   */
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
    logKey: key?.certificate?.logKey ?? null,
    isApplicationPending: pending !== null && !pending.renews,
    isRenewalPending: pending !== null && pending.renews,
    isOperationUnfinished: (key?.isUnanswered ?? false) && !key!.isUnusable,
    isUnusable: key?.isUnusable ?? false,
    scanned,
    left: key?.left ?? null,
    deviceKeyThumbprint: await thumbprint(deviceKey),
  };
}
