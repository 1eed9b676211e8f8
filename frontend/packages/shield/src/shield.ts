/** The phone's engine, one method per function of the app; this half has PIN, certificate and requests. */

import { AccountShield } from "./account_shield.ts";
import * as binding from "./binding.ts";
import * as enrolment from "./enrolment.ts";
import { PhoneError } from "./errors.ts";
import type { Claim, InboxRequest, IssuedCertificate, Scan } from "./messages.ts";
import { type OwnSignature, ownSignature } from "./own_signature.ts";
import type { PinSource } from "./pin.ts";
import * as pinChange from "./pin_change.ts";
import { ownNumber, requireStrongFor } from "./pin_rules.ts";
import * as renewal from "./renewal.ts";
import { type RenewalPreview, renewalPreview } from "./renewal_preview.ts";
import { currentRenewal, type Renewal, requireNoRenewal, adoptAnyCertificate } from "./renewal_state.ts";
import * as requests from "./requests.ts";
import { type WaitingReadings, waitingReadings } from "./waiting.ts";

export class Shield extends AccountShield {
  /**
   * Refuses a new PIN that is too easy to guess (PhoneError `weak_pin`); for a change, without an ID number.
   */
  async checkNewPin(pin: string, idNumber: string | null = null): Promise<void> {
    await this.run((operation) => requireStrongFor(operation, pin, idNumber));
  }

  /** Returns the account's masked ID number; null if it was erased. */
  async idNumberMasked(): Promise<string | null> {
    return (await this.run(ownNumber)).masked;
  }

  /** Has the service check an application's data before a PIN is chosen. */
  async checkApplication(application: Omit<enrolment.Application, "smsCode">): Promise<void> {
    await this.run((operation) => enrolment.checkApplication(operation, application));
  }

  /** Applies for a certificate and sets the PIN; see `enrolment.apply` for `again` and `tell`. */
  async apply(
    application: enrolment.Application,
    pin: string,
    again = false,
    tell?: (step: enrolment.ApplicationStep) => void,
  ): Promise<IssuedCertificate> {
    return await this.run((operation) => enrolment.apply(operation, application, pin, { again, tell }));
  }

  /** Completes an application that was interrupted after its key was made, with the PIN chosen then. */
  async resumeApplication(pin: string): Promise<IssuedCertificate> {
    return await this.run((operation) => enrolment.resume(operation, pin));
  }

  /** Returns this device's certificate and its state. Throws: PhoneError `no_key` if there is none. */
  async certificate(): Promise<IssuedCertificate> {
    return await this.run(async (operation) => {
      const issued = await enrolment.fetchCertificate(operation);
      if (issued === null) {
        throw new PhoneError("no_key");
      }
      if (!enrolment.awaitsProof(operation, issued)) {
        await adoptAnyCertificate(operation, issued);
      }
      return issued;
    });
  }

  /** Renews the certificate (更新证书) with the data of the first application; the PIN stays the same. */
  async renew(application: enrolment.Application, pin: PinSource): Promise<IssuedCertificate> {
    return await this.run((operation) => renewal.renew(operation, application, pin));
  }

  /** Returns what a renewal would change, before an SMS code is requested. */
  async renewalPreview(): Promise<RenewalPreview> {
    return await this.run(renewalPreview);
  }

  /** Returns the renewal in progress as the service has it, or null. */
  async renewal(): Promise<Pick<Renewal, "key" | "state"> | null> {
    return await this.run(currentRenewal);
  }

  /** Continues an interrupted renewal. Throws: PhoneError `no_renewal` if it no longer exists. */
  async resumeRenewal(pin: PinSource): Promise<IssuedCertificate> {
    return await this.run((operation) => renewal.resumeRenewal(operation, pin));
  }

  /** Abandons the renewal in progress; the certificate in force stays so. */
  async giveUpRenewal(): Promise<void> {
    await this.run(renewal.giveUpRenewal);
  }

  /** Binds the certificate to the account (绑定证书), for one business system or (null) for all of them. */
  async bind(pin: PinSource, clientId: string | null = null): Promise<binding.SignedBinding> {
    return await this.run((operation) => binding.bind(operation, pin, clientId));
  }

  /** Ends a binding; `sid` as in `me().bindings`. */
  async unbind(sid: string): Promise<void> {
    await this.run((operation) => binding.unbind(operation, sid));
  }

  /** Has the service check the PIN, which counts as an attempt, without signing anything for others. */
  async confirmPin(pin: PinSource): Promise<void> {
    await this.run((operation) => pinChange.confirm(operation, "key", pin));
  }

  /** Changes the PIN (修改 PIN 码); if the outcome is unknown, call it again with the same PINs. */
  async changePin(old: PinSource, changed: string): Promise<pinChange.PinChanged> {
    return await this.run(async (operation) => {
      await requireNoRenewal(operation);
      await requireStrongFor(operation, changed, null);
      return await pinChange.changePin(operation, old, changed);
    });
  }

  /** Takes the request behind a QR code's text; it is stored until it is approved or declined. */
  async scan(code: string, typedMs?: number): Promise<Scan> {
    return await this.run((operation) => requests.scan(operation, code, typedMs));
  }

  /** Claims a code that is read before login; its `claim` is scanned afterwards. */
  async claim(code: string, typedMs?: number): Promise<Claim> {
    return await this.run((operation) => requests.claim(operation, code, typedMs));
  }

  async inbox(): Promise<readonly InboxRequest[]> {
    return await this.run(requests.inbox);
  }

  /** Reads the contents of a request in the inbox, without taking it. */
  async waitingReadings(request: Pick<InboxRequest, "requestId" | "requester">): Promise<WaitingReadings> {
    return await this.run((operation) => waitingReadings(operation, request));
  }

  /** Takes a request from the inbox; it is stored until it is approved or declined. */
  async take(requestId: string): Promise<Scan> {
    return await this.run((operation) => requests.take(operation, requestId));
  }

  /** Takes several requests of one system, which are answered together under one PIN. */
  async openTogether(requestIds: readonly string[]): Promise<Scan> {
    return await this.run((operation) => requests.openTogether(operation, requestIds));
  }

  /**
   * Logs in or signs, for the scanned request. `pin` is the PIN, or a function called once the service has
   * opened the session: only then is it known which PIN applies and how many attempts are left. If the
   * outcome is unknown, call it again. `choices` are the user's extra confirmations and excluded documents.
   */
  async approve(pin: PinSource, requestId?: string, choices?: requests.Choices): Promise<requests.Approval> {
    return await this.run((operation) =>
      requests.approve(operation, requests.scannedRequest(operation, requestId), pin, choices),
    );
  }

  /** Extends the scanned signature request, once, by the time that reading its contents takes. */
  async prolong(requestId?: string): Promise<Scan> {
    return await this.run((operation) =>
      requests.prolong(operation, requests.scannedRequest(operation, requestId)),
    );
  }

  /** Refuses the request; returns the address that leads back to the requesting app, if there is one. */
  async decline(reason: requests.DeclineReason = "declined", requestId?: string): Promise<string | null> {
    return await this.run((operation) =>
      requests.decline(operation, requests.scannedRequest(operation, requestId), reason),
    );
  }

  /**
   * Returns the same address for a request that ended otherwise, such as by timeout; null without a
   * requesting app.
   */
  async fetchReturnAddress(scanned: Pick<Scan, "requestId" | "returnUrl">): Promise<string | null> {
    return await this.run((operation) => requests.fetchReturnAddress(operation, scanned));
  }

  /** Returns what this phone signed of a request that has ended, even in another tab; null if nothing. */
  async ownSignature(scanned: Pick<Scan, "kind" | "tasks" | "requester">): Promise<OwnSignature | null> {
    return await this.run((operation) => ownSignature(operation, scanned));
  }

  /** Forgets a stored request that ended without this phone: expired, cancelled, or answered elsewhere. */
  async forgetRequest(requestId: string): Promise<void> {
    await this.run((operation) => requests.forget(operation, requestId));
  }
}
