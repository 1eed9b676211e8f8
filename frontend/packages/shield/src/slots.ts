/** Slots: a share is hidden under a PIN, and any PIN yields a share (protocol, "Keys"). */

import { bytes32, derivePinKey, hide, keyedHash, mask, number, reveal } from "@mshield/gm";

import type { NewPin } from "./secrets.ts";
import { type Slot, slotCheck } from "./state.ts";

/** The owner of a share. */
export interface Owner {
  readonly deviceSecret: CryptoKey;
  readonly uid: Uint8Array;
}

/** Creates a slot with a salt of its own. */
export async function hideShare(of: Owner, epoch: number, d1: bigint, pin: NewPin): Promise<Slot> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const blob = bytes32(hide(d1, await maskOf(of, { epoch, salt, rounds: pin.rounds }, pin.pin)));
  const slot = { epoch, salt, rounds: pin.rounds, blob, pinSetAt: pin.setAt };
  return { ...slot, check: await slotCheck(slot) };
}

/** Returns the share that this PIN yields; a wrong PIN yields one too, indistinguishable here. */
export async function revealShare(of: Owner, slot: Slot, pin: string): Promise<bigint> {
  return reveal(number(slot.blob), await maskOf(of, slot, pin));
}

async function maskOf(
  { deviceSecret, uid }: Owner,
  { epoch, salt, rounds }: Pick<Slot, "epoch" | "salt" | "rounds">,
  pin: string,
): Promise<bigint> {
  const K = await derivePinKey(pin, salt, rounds);
  try {
    return await mask(keyedHash(deviceSecret), { uid, epoch, salt, K });
  } finally {
    K.fill(0);
  }
}
