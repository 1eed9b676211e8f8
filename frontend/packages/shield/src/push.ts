/** Push notifications to this phone: the browser's subscription, and the kinds that its owner wants. */

import { hex, unhex } from "@mshield/gm";

import { Fields } from "./fields.ts";
import type { Operation } from "./operation.ts";

const PATH = "/api/phone/push";

/** Kinds: requests by the shield's number, and notices to the account. */
export interface PushKinds {
  readonly requests: boolean;
  readonly notices: boolean;
}

/**
 * `key` is the key for the browser's subscription, null if the service sends no pushes; `on` is null if off.
 */
export interface Push {
  readonly key: Uint8Array<ArrayBuffer> | null;
  readonly on: PushKinds | null;
}

/** A browser's subscription: the push service's address, its point (65 octets) and the shared secret (16). */
export interface PushAddress {
  readonly endpoint: string;
  readonly point: Uint8Array;
  readonly auth: Uint8Array;
}

export async function push(operation: Operation): Promise<Push> {
  const of = new Fields(await operation.connection.get(PATH, operation.loggedIn()));
  const key = of.textOrNull("key");
  const on = of.has("on") ? new Fields(of.json("on")) : null;
  return {
    key: key === null ? null : new Uint8Array(unhex(key)),
    on: on && { requests: on.flag("requests"), notices: on.flag("notices") },
  };
}

export async function subscribe(operation: Operation, address: PushAddress, kinds: PushKinds): Promise<void> {
  await operation.connection.post(PATH, operation.loggedIn(), {
    endpoint: address.endpoint,
    p256dh: hex(address.point),
    auth: hex(address.auth),
    requests: kinds.requests,
    notices: kinds.notices,
  });
}

export async function unsubscribe(operation: Operation): Promise<void> {
  await operation.connection.delete(PATH, operation.loggedIn());
}
