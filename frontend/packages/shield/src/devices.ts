/** My devices (R5, manual 3.6): the account's shields, on this phone and on others. */

import { Fields } from "./fields.ts";
import type { Operation } from "./operation.ts";

/**
 * A device with its shield; `usedAt` is its last login or signature. Times in ms.
 *
 * `name` is its owner's; `browser`, `model` and `address` are those of its last login in the app, at `loggedInAt`; `place`
 * is where the service takes that address to be: null where an
 * older service doesn't say, or nothing is known.
 */
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
  readonly name: string | null;
  readonly browser: string | null;
  readonly model: string | null;
  readonly place: { readonly zh: string; readonly en: string } | null;
  readonly address: string | null;
  readonly loggedInAt: number | null;
}

/** This one first. */
export async function devices(operation: Operation): Promise<readonly Device[]> {
  const of = new Fields(await operation.connection.get("/api/phone/devices", operation.loggedIn()));
  return of.list("items").map(readDevice);
}

/** Gives one of the account's devices a name, or (null) none. */
export async function nameDevice(
  operation: Operation,
  shieldNumber: string,
  name: string | null,
): Promise<void> {
  await operation.connection.post(`${pathOf(shieldNumber)}/name`, operation.loggedIn(), { name });
}

/** This device isn't mine, by a code of purpose `device`: whether its shield was held by this. */
export async function disownDevice(
  operation: Operation,
  shieldNumber: string,
  smsCode: string,
): Promise<boolean> {
  const asked = { sms_code: smsCode };
  const answer = await operation.connection.post(
    `${pathOf(shieldNumber)}/disowned`,
    operation.loggedIn(),
    asked,
  );
  return new Fields(answer).flag("held");
}

function pathOf(shieldNumber: string): string {
  return `/api/phone/devices/${encodeURIComponent(shieldNumber)}`;
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
    name: of.textOrNull("name"),
    browser: of.textOrNull("browser"),
    model: of.textOrNull("model"),
    place: of.has("place") ? readPlace(of.object("place")) : null,
    address: of.textOrNull("address"),
    loggedInAt: of.integerOrNull("logged_in_at"),
  };
}

function readPlace(of: Fields): Device["place"] {
  return { zh: of.text("zh"), en: of.text("en") };
}
