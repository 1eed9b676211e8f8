/**
 * The manual's six functions (R3), and why one of them is unavailable. They stay visible and explain the
 * reason when tapped.
 */

import { canSign, type CertificateState } from "../../engine/certificate_state.ts";

export const SCAN_FUNCTIONS = ["scanLogin", "scanSign"] as const;
export const SMALL_FUNCTIONS = ["apply", "bind", "pin", "renew"] as const;
export type FunctionName = (typeof SCAN_FUNCTIONS)[number] | (typeof SMALL_FUNCTIONS)[number];

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

/** Reason why a function is unavailable; the text key of its explanation. */
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

export interface PhoneState {
  /** State of the certificate; null while unknown. */
  readonly state: CertificateState | null;
  /** True if it has a hold that nobody can lift, so that it ends only by revocation. */
  readonly isStopped: boolean;
  readonly isOffline: boolean;
  /** True if a renewal was interrupted; until it is finished, the PIN can't be changed. */
  readonly isRenewing: boolean;
  /**
   * True if this phone's share is lost, so that only the guide is recommended. A scan that finds the share
   * intact sets it to false.
   */
  readonly isUnusable: boolean;
  /**
   * True if the filing has changed, so that the certificate can't answer requests until it is renewed (R22).
   */
  readonly isFilingChanged?: boolean;
}

/** Functions that the service refuses once the filing has changed. */
const ANSWERS: ReadonlySet<FunctionName> = new Set(["scanLogin", "scanSign"]);

/** Returns why this function is unavailable; null if it is available or that isn't known yet. */
export function findObstacle(name: FunctionName, standing: PhoneState): Obstacle | null {
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
