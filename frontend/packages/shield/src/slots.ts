/** A share is hidden in a slot under a PIN, and comes out of it under any PIN (protocol, "Keys"). */

import { bytes32, derivePinKey, hide, keyedBy, mask, number, reveal } from "@mshield/gm";

import type { NewPin } from "./secrets.ts";
import { type Slot, slotCheck } from "./state.ts";

/** Whose share. */
export interface Owner {
  readonly deviceSecret: CryptoKey;
  readonly uid: Uint8Array;
}

/** A new slot with a salt of its own. */
export async function hideShare(of: Owner, epoch: number, d1: bigint, pin: NewPin): Promise<Slot> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const blob = bytes32(hide(d1, await maskOf(of, { epoch, salt, rounds: pin.rounds }, pin.pin)));
  const slot = { epoch, salt, rounds: pin.rounds, blob, pinSetAt: pin.setAt };
  return { ...slot, check: await slotCheck(slot) };
}

/** The share that this PIN gives; a wrong PIN gives one too, and nothing here can tell. */
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
    return await mask(keyedBy(deviceSecret), { uid, epoch, salt, K });
  } finally {
    K.fill(0);
  }
}
