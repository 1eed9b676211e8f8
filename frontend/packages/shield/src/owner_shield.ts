/** The engine with what users do about their account on this phone: devices, password, pushes, evidence. */

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
import type { NewProperty } from "./messages.ts";
import type { PinSource } from "./pin.ts";
import * as push from "./push.ts";
import * as requests from "./requests.ts";
import { Shield } from "./shield.ts";
import * as signatures from "./signatures.ts";

export class OwnerShield extends Shield {
  /** Returns the account's devices with their shields, this one first. */
  async devices(): Promise<DeviceList> {
    return await this.run(devices);
  }

  /** Returns the recent logins by the account's shields. */
  async pcLogins(): Promise<readonly PcLogin[]> {
    return await this.run(pcLogins);
  }

  /** Ends all other logins of the account; returns how many. */
  async logOutOthers(): Promise<number> {
    return await this.run(logOutOthers);
  }

  /** Names one of the account's devices, or (null) removes its name. */
  async nameDevice(shieldNumber: string, name: string | null): Promise<void> {
    await this.run((operation) => nameDevice(operation, shieldNumber, name));
  }

  /**
   * Disowns a device by the PIN or an SMS code: its login ends and its shield is held; returns whether this
   * call held it.
   */
  async disownDevice(shieldNumber: string, by: PinSource | { readonly smsCode: string }): Promise<boolean> {
    return await this.run((operation) => disownDevice(operation, shieldNumber, by));
  }

  /** Changes the password; returns how many other logins that ended. */
  async changePassword(old: string, changed: string): Promise<number> {
    return await this.run((operation) => account.changePassword(operation, old, changed));
  }

  /** Returns the properties of a scanned login's PC that are new for the account. */
  async newProperties(requestId: string): Promise<readonly NewProperty[]> {
    return await this.run((operation) => requests.newProperties(operation, requestId));
  }

  /** Returns the evidence bundle of one of this phone's signatures, as a file. */
  async evidence(sid: string): Promise<Uint8Array> {
    return await this.run((operation) => signatures.evidence(operation, sid));
  }

  /** Returns the push settings of this phone. */
  async push(): Promise<push.Push> {
    return await this.run(push.push);
  }

  /** Subscribes the browser to pushes of these kinds. */
  async subscribePush(address: push.PushAddress, kinds: push.PushKinds): Promise<void> {
    await this.run((operation) => push.subscribe(operation, address, kinds));
  }

  /** Ends the push subscription. */
  async unsubscribePush(): Promise<void> {
    await this.run(push.unsubscribe);
  }
}
