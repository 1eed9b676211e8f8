/**
 * Changing the PIN (修改 PIN 码, manual 2.3.1.5) and proving that a key works, by the protocol's own tasks.
 *
 * The new PIN is valid at once. An interrupted change is completed or undone by what the service has
 * recorded, never by a guess: the slot in force determines which PIN is requested.
 */

import { hex, internalMessage, equalBytes } from "@mshield/gm";

import { CoSigning, type ToSign } from "./cosigning.ts";
import { PhoneError, ProtocolError } from "./errors.ts";
import { fromHex } from "./fields.ts";
import { readTask } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { ask, requirePin, requirePinForm, type PinSource } from "./pin.ts";
import type { KeyPlace } from "./state.ts";

/** Result of a change; with `recovered`, an earlier attempt had succeeded and only its answer was lost. */
export interface PinChanged {
  readonly recovered: boolean;
}

/**
 * Changes the PIN. If the outcome is unknown (NetworkError), call it again with the same PINs. Throws: as
 * `CoSigning.sign`, and PhoneError `same_pin`.
 */
export async function changePin(operation: Operation, old: PinSource, changed: string): Promise<PinChanged> {
  requirePin(changed);
  requirePinForm(old);
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

/** Proves that the key in that place works; afterwards its newest slot is the only one. */
export async function confirm(operation: Operation, place: KeyPlace, pin: PinSource): Promise<void> {
  const document = await internalTask(operation, place, "confirm");
  await new CoSigning(operation, place, [document]).sign(pin);
}

/** Settles an interrupted change; returns true if its new slot is in force. */
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

/** Returns a source of the old PIN that refuses the new one before an attempt is spent. */
function different(old: PinSource, changed: string): PinSource {
  return async (prompt) => {
    const pin = await ask(old, prompt);
    if (pin === changed) {
      throw new PhoneError("same_pin");
    }
    return pin;
  };
}

/** Actions on the account that are confirmed by the PIN: closing it, disowning another device (不是我的). */
export type StepUpPurpose = "close" | "device";

/**
 * Signs a task of this purpose, for the call that it confirms. The PIN is checked and counted as for a
 * signature. Throws: as `CoSigning.sign`.
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

/**
 * Fetches one of the protocol's own tasks. Its message is known to the byte, so nothing else can be slipped
 * in.
 */
export async function internalTask(
  operation: Operation,
  place: KeyPlace,
  purpose: "refresh" | "confirm" | StepUpPurpose,
): Promise<ToSign> {
  const { uid } = operation.key(place);
  const path = `/api/phone/keys/${hex(uid)}/tasks`;
  const task = readTask(await operation.connection.post(path, operation.loggedIn(), { purpose }));
  const sid = fromHex(task.sid, 16);
  if (task.purpose !== purpose || !equalBytes(task.message, internalMessage(purpose, uid, sid))) {
    throw new ProtocolError("bad_task", "not the task that was asked for");
  }
  return { sid, message: task.message };
}
