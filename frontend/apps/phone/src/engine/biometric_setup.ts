/**
 * Switching on fingerprint or face: create a credential, then ask for the PIN, which the service checks
 * before it is stored.
 */

import type { PinPrompt } from "@mshield/shield";

import { forgetSealer, storePin, makeSealer } from "./biometric.ts";
import { phone } from "./phone.ts";
import { type PinContext, withPin } from "./pin_entry.ts";
import { shield } from "./shield.ts";

/** Switches biometric entry on. Returns false if the user cancels. Throws the engine's errors. */
export async function switchBiometricOn(about: PinContext): Promise<boolean> {
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
  await storePin(sealer, prompt, pin);
  return true;
}
