/** The engine with what people do about their account on this phone: devices, password, pushes, proofs to keep. */

import * as account from "./account.ts";
import {
  type DeviceList,
  devices,
  disownDevice,
  logOutOthers,
  nameDevice,
  type PcLogin,
  pcLogins,
} from "./devices.ts";
import type { Unlike } from "./messages.ts";
import type { PinSource } from "./pin.ts";
import * as push from "./push.ts";
import * as requests from "./requests.ts";
import { Shield } from "./shield.ts";
import * as signatures from "./signatures.ts";

export class OwnerShield extends Shield {
  /** The account's devices with their shields, this one first. */
  async devices(): Promise<DeviceList> {
    return await this.run(devices);
  }

  /** Where the account's shields logged in lately. */
  async pcLogins(): Promise<readonly PcLogin[]> {
    return await this.run(pcLogins);
  }

  /** Ends all other logins of the account; how many. */
  async logOutOthers(): Promise<number> {
    return await this.run(logOutOthers);
  }

  /** Gives one of the account's devices a name of its owner's, or (null) none. */
  async nameDevice(shieldNumber: string, name: string | null): Promise<void> {
    await this.run((operation) => nameDevice(operation, shieldNumber, name));
  }

  /** This device isn't mine, by the PIN or an SMS code: its login ends and its shield is held; whether it was by this. */
  async disownDevice(shieldNumber: string, by: PinSource | { readonly smsCode: string }): Promise<boolean> {
    return await this.run((operation) => disownDevice(operation, shieldNumber, by));
  }

  /** Changes the password; how many other logins that ended. */
  async changePassword(old: string, changed: string): Promise<number> {
    return await this.run((operation) => account.changePassword(operation, old, changed));
  }

  /** What of a scanned login's PC the account's logins have not had. */
  async unlike(requestId: string): Promise<readonly Unlike[]> {
    return await this.run((operation) => requests.unlike(operation, requestId));
  }

  /** The bundle of evidence for one of this phone's signatures, as a file. */
  async evidence(sid: string): Promise<Uint8Array> {
    return await this.run((operation) => signatures.evidence(operation, sid));
  }

  /** What wakes this phone. */
  async push(): Promise<push.Push> {
    return await this.run(push.push);
  }

  /** Has it woken by the browser's subscription, for these kinds. */
  async subscribePush(address: push.PushAddress, kinds: push.PushKinds): Promise<void> {
    await this.run((operation) => push.subscribe(operation, address, kinds));
  }

  /** Has it woken no more. */
  async unsubscribePush(): Promise<void> {
    await this.run(push.unsubscribe);
  }
}
