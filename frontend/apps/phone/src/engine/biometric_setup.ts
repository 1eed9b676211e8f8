/** Switching fingerprint or face on: a credential, then the PIN, which the service judges before it is kept. */

import type { PinPrompt } from "@mshield/shield";

import { forgetSealer, keepPin, makeSealer } from "./biometric.ts";
import { phone } from "./phone.ts";
import { type PinAbout, withPin } from "./pin_entry.ts";
import { shield } from "./shield.ts";

/** True where it is on afterwards, false where the user went back; throws the engine's errors. */
export async function switchBiometricOn(about: PinAbout): Promise<boolean> {
  const sealer = await makeSealer(phone.status?.shieldNumber ?? phone.status?.account ?? "手机盾");
  if (sealer === null) {
    return false;
  }
  let entry: { prompt: PinPrompt; pin: string } | null = null;
  try {
    await withPin(about, (source) =>
      shield.confirmPin(async (prompt) => {
        entry = null;
        const pin = typeof source === "string" ? source : await source(prompt);
        entry = { prompt, pin };
        return pin;
      }),
    );
  } catch (error) {
    entry = null;
    throw error;
  } finally {
    if (entry === null) {
      await forgetSealer(sealer);
    }
  }
  if (entry === null) {
    return false;
  }
  const { prompt, pin } = entry as { prompt: PinPrompt; pin: string };
  await keepPin(sealer, prompt, pin);
  return true;
}
