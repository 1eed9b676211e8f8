/**
 * My devices (R5, manual 3.6): the account's shields on this phone and on others, and where they logged in.
 */

import { Fields } from "./fields.ts";
import type { Operation } from "./operation.ts";
import type { PinSource } from "./pin.ts";
import { signedByPin } from "./pin_change.ts";

/**
 * A device with its shield; `usedAt` is its last login or signature. Times in ms.
 *
 * `name` was given by the owner. `browser`, `model` and `address` are those of its last login in the app, at
 * `loggedInAt`; `place` is the service's estimate for that address. They are null if unknown.
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

/** Devices, this one first; `by` is what disowning another one requires. */
export interface DeviceList {
  readonly items: readonly Device[];
  readonly by: "pin" | "sms_code";
}

const UNLIKE = ["computer", "network"] as const;

/**
 * A login at a business system (times in ms): the PC's browser in words, its address and place, and what was
 * new then.
 */
export interface PcLogin {
  readonly sid: string;
  readonly businessName: string;
  readonly domain: string;
  readonly signedAt: number;
  readonly browser: string | null;
  readonly address: string | null;
  readonly place: { readonly zh: string; readonly en: string } | null;
  readonly unlike: readonly (typeof UNLIKE)[number][];
  readonly shieldNumber: string;
  readonly isThisDevice: boolean;
}

export async function devices(operation: Operation): Promise<DeviceList> {
  const of = new Fields(await operation.connection.get("/api/phone/devices", operation.loggedIn()));
  return { items: of.list("items").map(readDevice), by: of.word("by", ["pin", "sms_code"]) };
}

/** Returns the account's latest logins, newest first. */
export async function pcLogins(operation: Operation): Promise<readonly PcLogin[]> {
  const of = new Fields(await operation.connection.get("/api/phone/logins", operation.loggedIn()));
  return of.list("items").map(readLogin);
}

/** Ends all other logins of the account; returns how many. */
export async function logOutOthers(operation: Operation): Promise<number> {
  const path = "/api/phone/devices/log-out-others";
  return new Fields(await operation.connection.post(path, operation.loggedIn())).integer("logins_ended");
}

/** Names one of the account's devices, or (null) removes its name. */
export async function nameDevice(
  operation: Operation,
  shieldNumber: string,
  name: string | null,
): Promise<void> {
  await operation.connection.post(`${pathOf(shieldNumber)}/name`, operation.loggedIn(), { name });
}

/**
 * Disowns a device ("isn't mine") by the PIN, or a code of purpose `device`; returns whether that put its
 * shield on hold.
 */
export async function disownDevice(
  operation: Operation,
  shieldNumber: string,
  by: PinSource | { readonly smsCode: string },
): Promise<boolean> {
  const asked =
    typeof by === "object" && "smsCode" in by
      ? { sms_code: by.smsCode }
      : await signedByPin(operation, "device", by);
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

function readLogin(value: unknown): PcLogin {
  const of = new Fields(value);
  return {
    sid: of.text("sid"),
    businessName: of.text("business_name"),
    domain: of.text("domain"),
    signedAt: of.integer("signed_at"),
    browser: of.textOrNull("browser"),
    address: of.textOrNull("address"),
    place: of.has("place") ? readPlace(of.object("place")) : null,
    unlike: UNLIKE.filter((what) => of.texts("unlike").includes(what)),
    shieldNumber: of.text("shield_number"),
    isThisDevice: of.flag("is_this_device"),
  };
}

function readPlace(of: Fields): Device["place"] {
  return { zh: of.text("zh"), en: of.text("en") };
}
