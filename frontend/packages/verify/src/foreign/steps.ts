/** At which step of a verification a P7 is refused, and by which code, by the reason of its P7Error. */

import type { Step } from "../errors.ts";

/** Where each reason of a refusal is told. */
export const P7_STEPS: Readonly<Record<string, readonly [step: Step, code: string]>> = {
  content: ["content", "message_mismatch"],
  digest: ["content", "message_mismatch"],
  ambiguous: ["content", "ambiguous"],
  certificate: ["chain", "no_certificate"],
  usage: ["chain", "wrong_usage"],
  signature: ["signature", "bad_signature"],
};
