/** What may be set up once there is a certificate, as far as this browser, its user and the service let it. */

import { canBiometric, isBiometricOn } from "./biometric.ts";
import { pushKinds } from "./push.ts";
import { hindrance } from "./push_browser.ts";

/** `on` where it is, `off` where it can be, null where it can't. */
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

/** Without an answer nothing is offered that may not be there. */
async function readNotices(): Promise<OptionalSteps["notices"]> {
  const kinds = hindrance() === null ? await pushKinds().catch(() => null) : null;
  return kinds && (kinds.requests || kinds.notices ? "on" : "off");
}
