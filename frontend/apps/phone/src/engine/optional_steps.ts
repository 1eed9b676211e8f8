/**
 * Optional features to set up once there is a certificate, as far as the browser, the user and the service
 * allow.
 */

import { canBiometric, isBiometricOn } from "./biometric.ts";
import { pushKinds } from "./push.ts";
import { hindrance } from "./push_browser.ts";

/** State of each feature: `on`, `off` if it can be switched on, null if it can't. */
export interface OptionalSteps {
  readonly finger: "on" | "off" | null;
  readonly notices: "on" | "off" | null;
}

export async function optionalSteps(): Promise<OptionalSteps> {
  const [finger, notices] = await Promise.all([readFinger(), readNotices()]);
  return { finger, notices };
}

async function readFinger(): Promise<OptionalSteps["finger"]> {
  return (await isBiometricOn()) ? "on" : (await canBiometric()) ? "off" : null;
}

/** Returns null if the service doesn't answer, so that nothing unavailable is offered. */
async function readNotices(): Promise<OptionalSteps["notices"]> {
  const kinds = hindrance() === null ? await pushKinds().catch(() => null) : null;
  return kinds && (kinds.requests || kinds.notices ? "on" : "off");
}
