/** My devices (R5, manual 3.6): the account's shields, on this phone and on others. */

import { Fields } from "./fields.ts";
import type { Operation } from "./operation.ts";

/** A device with its shield; `usedAt` is its last login or signature. Times in ms. */
export interface Device {
  readonly shieldNumber: string;
  readonly state: string;
  readonly holds: readonly string[];
  readonly organisation: string;
  readonly role: string;
  readonly issuedAt: number;
  readonly notAfter: number;
  readonly deviceSince: number;
  readonly usedAt: number | null;
  readonly isThisDevice: boolean;
}

/** This one first. */
export async function devices(operation: Operation): Promise<readonly Device[]> {
  const of = new Fields(await operation.connection.get("/api/phone/devices", operation.loggedIn()));
  return of.list("items").map(readDevice);
}

function readDevice(value: unknown): Device {
  const of = new Fields(value);
  return {
    shieldNumber: of.text("shield_number"),
    state: of.text("state"),
    holds: of.texts("holds"),
    organisation: of.text("organisation"),
    role: of.text("role"),
    issuedAt: of.integer("issued_at"),
    notAfter: of.integer("not_after"),
    deviceSince: of.integer("device_since"),
    usedAt: of.integerOrNull("used_at"),
    isThisDevice: of.flag("is_this_device"),
  };
}
