/** The manual's six functions (R3), and why one of them can't work just now. They stay visible and say it when tapped. */

import { canSign, type CertificateState } from "../../engine/certificate_state.ts";

export const SCANS = ["scanLogin", "scanSign"] as const;
export const SMALL = ["apply", "bind", "pin", "renew"] as const;
export type FunctionName = (typeof SCANS)[number] | (typeof SMALL)[number];

export const ADDRESSES: Record<FunctionName, string> = {
  scanLogin: "/scan?for=login",
  scanSign: "/scan?for=sign",
  apply: "/apply",
  bind: "/bind",
  pin: "/pin",
  renew: "/renew",
};
export const ICONS: Record<FunctionName, string> = {
  scanLogin: "scan-login",
  scanSign: "scan-sign",
  apply: "apply",
  bind: "bind",
  pin: "pin",
  renew: "renew",
};

/** Names the words that say why not. */
export type Obstacle =
  | "offline"
  | "none"
  | "held"
  | "stopped"
  | "locked"
  | "expired"
  | "revoked"
  | "newer"
  | "certified"
  | "heldApply"
  | "stoppedApply"
  | "lockedApply"
  | "expiredApply"
  | "renewing"
  | "filing";

export interface Standing {
  /** Null as long as it isn't known. */
  readonly state: CertificateState | null;
  /** A hold that nobody can lift: it ends by revocation only. */
  readonly isStopped: boolean;
  readonly isOffline: boolean;
  /** A renewal stopped half-way: until it is over the PIN stays as it is. */
  readonly isRenewing: boolean;
  /** This phone's share is lost: nothing but the guide is recommended. A scan that meets it whole again undoes that. */
  readonly isUnusable: boolean;
  /** The filing has changed: until the renewal the certificate answers nobody (R22). */
  readonly isFilingChanged?: boolean;
}

/** What the service refuses from when the filing changed. */
const ANSWERS: ReadonlySet<FunctionName> = new Set(["scanLogin", "scanSign"]);

/** Why this function can't work; null where it can, and as long as that isn't known. */
export function obstacleTo(name: FunctionName, standing: Standing): Obstacle | null {
  const { state, isOffline, isRenewing, isStopped } = standing;
  if (isOffline) {
    return "offline";
  }
  if (state === null) {
    return null;
  }
  if (name === "apply") {
    return obstacleToApplying(state, isStopped);
  }
  if (name === "pin" && isRenewing && canSign(state)) {
    return "renewing";
  }
  if (state === "active" || state === "due") {
    return standing.isFilingChanged && ANSWERS.has(name) ? "filing" : null;
  }
  return state === "held" && isStopped ? "stopped" : state;
}

function obstacleToApplying(state: CertificateState, isStopped: boolean): Obstacle | null {
  switch (state) {
    case "none":
    case "revoked":
      return null;
    case "held":
      return isStopped ? "stoppedApply" : "heldApply";
    case "locked":
      return "lockedApply";
    case "expired":
      return "expiredApply";
    case "newer":
      return "newer";
    default:
      return "certified";
  }
}
