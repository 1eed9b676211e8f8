/**
 * Changing the PIN (修改 PIN 码, manual 2.3.1.5), and showing that a key works: the protocol's own tasks.
 *
 * The new PIN counts at once. A change that was interrupted is finished or undone by what the service has recorded,
 * never by a guess: the slot that is in force says which PIN is asked for.
 */

import { hex, internalMessage, same } from "@mshield/gm";

import { CoSigning, type ToSign } from "./cosigning.ts";
import { PhoneError, ProtocolError } from "./errors.ts";
import { fromHex } from "./fields.ts";
import { readTask } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { ask, checkedPin, checkGiven, type PinSource } from "./pin.ts";
import type { KeyPlace } from "./state.ts";

/** `recovered` says that an earlier try had done it already, and only its answer was lost. */
export interface PinChanged {
  readonly recovered: boolean;
}

/**
 * Changes the PIN; errors as of `CoSigning.sign`, and PhoneError `same_pin`. Where the outcome is unknown
 * (NetworkError) call it again with the same PINs.
 */
export async function changePin(operation: Operation, old: PinSource, changed: string): Promise<PinChanged> {
  checkedPin(changed);
  checkGiven(old);
  if (old === changed) {
    throw new PhoneError("same_pin");
  }
  if (await finishedBefore(operation, old, changed)) {
    return { recovered: true };
  }
  const document = await internalTask(operation, "key", "refresh");
  await new CoSigning(operation, "key", [document]).sign(different(old, changed), changed);
  await confirm(operation, "key", changed);
  return { recovered: false };
}

/** Shows that the key in that place works; its newest slot is the only one afterwards. */
export async function confirm(operation: Operation, place: KeyPlace, pin: PinSource): Promise<void> {
  const document = await internalTask(operation, place, "confirm");
  await new CoSigning(operation, place, [document]).sign(pin);
}

/** Settles a change that was interrupted: true where its new slot is in force. */
async function finishedBefore(operation: Operation, old: PinSource, changed: string): Promise<boolean> {
  const { slots } = operation.key("key");
  const newest = slots[0];
  if (newest === undefined || slots.every(({ pinSetAt }) => pinSetAt === newest.pinSetAt)) {
    return false;
  }
  let isNewest = false;
  await confirm(operation, "key", (prompt) => {
    isNewest = prompt.pinSetAt === newest.pinSetAt;
    return ask(isNewest && typeof old === "string" ? changed : old, prompt);
  });
  return isNewest;
}

/** A source of the old PIN that refuses the new one before an attempt is spent. */
function different(old: PinSource, changed: string): PinSource {
  return async (prompt) => {
    const pin = await ask(old, prompt);
    if (pin === changed) {
      throw new PhoneError("same_pin");
    }
    return pin;
  };
}

/** What one does with one's account and confirms by the PIN: closes it, stops another device (不是我的). */
export type StepUpPurpose = "close" | "device";

/**
 * A task of this purpose, signed, for the call that it confirms. The PIN is judged and counted as for a signature; errors as
 * of `CoSigning.sign`.
 */
export async function signedByPin(
  operation: Operation,
  purpose: StepUpPurpose,
  pin: PinSource,
): Promise<{ readonly sid: string }> {
  const document = await internalTask(operation, "key", purpose);
  await new CoSigning(operation, "key", [document]).sign(pin);
  return { sid: hex(document.sid) };
}

/** A task of the protocol itself: its message is known to the byte, so nothing else can be slipped in. */
export async function internalTask(
  operation: Operation,
  place: KeyPlace,
  purpose: "refresh" | "confirm" | StepUpPurpose,
): Promise<ToSign> {
  const { uid } = operation.key(place);
  const path = `/api/phone/keys/${hex(uid)}/tasks`;
  const task = readTask(await operation.connection.post(path, operation.loggedIn(), { purpose }));
  const sid = fromHex(task.sid, 16);
  if (task.purpose !== purpose || !same(task.message, internalMessage(purpose, uid, sid))) {
    throw new ProtocolError("bad_task", "not the task that was asked for");
  }
  return { sid, message: task.message };
}
