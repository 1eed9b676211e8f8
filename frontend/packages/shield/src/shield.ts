/** The phone's engine: one method per function of the app; here PIN, certificate and requests, for an account's own phone. */

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
import { currentRenewal, type Renewal, requireNoRenewal, takeOverAny } from "./renewal_state.ts";
import * as requests from "./requests.ts";
import { type WaitingReadings, waitingReadings } from "./waiting.ts";

export class Shield extends AccountShield {
  /** Refuses a new PIN that is too easy to guess (PhoneError `weak_pin`); without an id number, for a change. */
  async checkNewPin(pin: string, idNumber: string | null = null): Promise<void> {
    await this.run((operation) => requireStrongFor(operation, pin, idNumber));
  }

  /** The account's id number, all but its end; null where the service doesn't say. */
  async idNumberMasked(): Promise<string | null> {
    return (await this.run(ownNumber)).masked;
  }

  /** Has the data of an application looked at before a PIN is chosen. */
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

  /** This device's certificate and its state; PhoneError `no_key` where there is none. */
  async certificate(): Promise<IssuedCertificate> {
    return await this.run(async (operation) => {
      const issued = await enrolment.fetchCertificate(operation);
      if (issued === null) {
        throw new PhoneError("no_key");
      }
      if (!enrolment.awaitsProof(operation, issued)) {
        await takeOverAny(operation, issued);
      }
      return issued;
    });
  }

  /** Renews the certificate (更新证书) with the data of the first application; the PIN stays the same. */
  async renew(application: enrolment.Application, pin: PinSource): Promise<IssuedCertificate> {
    return await this.run((operation) => renewal.renew(operation, application, pin));
  }

  /** What a renewal would change, before an SMS code is asked for. */
  async renewalPreview(): Promise<RenewalPreview> {
    return await this.run(renewalPreview);
  }

  /** The renewal under way as the service has it, or null. */
  async renewal(): Promise<Pick<Renewal, "key" | "state"> | null> {
    return await this.run(currentRenewal);
  }

  /** Goes on with a renewal that stopped; PhoneError `no_renewal` where there is none any more. */
  async resumeRenewal(pin: PinSource): Promise<IssuedCertificate> {
    return await this.run((operation) => renewal.resumeRenewal(operation, pin));
  }

  /** Gives the renewal under way up; the certificate in force goes on. */
  async giveUpRenewal(): Promise<void> {
    await this.run(renewal.giveUpRenewal);
  }

  /** Binds the certificate to the account (绑定证书), for one business system or (null) for all of them. */
  async bind(pin: PinSource, clientId: string | null = null): Promise<binding.Bound> {
    return await this.run((operation) => binding.bind(operation, pin, clientId));
  }

  /** Ends a binding; `sid` as in `me().bindings`. */
  async unbind(sid: string): Promise<void> {
    await this.run((operation) => binding.unbind(operation, sid));
  }

  /** Has the service judge the PIN, which counts as an attempt, and signs nothing of others. */
  async confirmPin(pin: PinSource): Promise<void> {
    await this.run((operation) => pinChange.confirm(operation, "key", pin));
  }

  /** Changes the PIN (修改 PIN 码); where the outcome is unknown call it again with the same PINs. */
  async changePin(old: PinSource, changed: string): Promise<pinChange.PinChanged> {
    return await this.run(async (operation) => {
      await requireNoRenewal(operation);
      await requireStrongFor(operation, changed, null);
      return await pinChange.changePin(operation, old, changed);
    });
  }

  /** Takes the request behind a QR code's text; it is kept until it is approved or declined. */
  async scan(code: string, typedMs?: number): Promise<Scan> {
    return await this.run((operation) => requests.scan(operation, code, typedMs));
  }

  /** Keeps a code that is read before login; its `claim` is scanned afterwards. */
  async claim(code: string, typedMs?: number): Promise<Claim> {
    return await this.run((operation) => requests.claim(operation, code, typedMs));
  }

  async inbox(): Promise<readonly InboxRequest[]> {
    return await this.run(requests.inbox);
  }

  /** What a request in the inbox comes to; it isn't taken. */
  async waitingReadings(request: Pick<InboxRequest, "requestId" | "requester">): Promise<WaitingReadings> {
    return await this.run((operation) => waitingReadings(operation, request));
  }

  /** Takes a request from the inbox; it is kept until it is approved or declined. */
  async take(requestId: string): Promise<Scan> {
    return await this.run((operation) => requests.take(operation, requestId));
  }

  /** Takes several of one system, which are answered together under one PIN. */
  async takeTogether(requestIds: readonly string[]): Promise<Scan> {
    return await this.run((operation) => requests.takeTogether(operation, requestIds));
  }

  /**
   * Logs in or signs, for the scanned request. `pin` is the PIN, or is called for it once the service has opened the
   * session: only then is it known which PIN and how many attempts are left. Where the outcome is unknown call it again.
   * `choices` say what the person confirmed besides, and which documents they leave out.
   */
  async approve(pin: PinSource, requestId?: string, choices?: requests.Choices): Promise<requests.Approved> {
    return await this.run((operation) =>
      requests.approve(operation, requests.scannedRequest(operation, requestId), pin, choices),
    );
  }

  /** Prolongs the scanned signature, once, by what its contents take to read. */
  async prolong(requestId?: string): Promise<Scan> {
    return await this.run((operation) =>
      requests.prolong(operation, requests.scannedRequest(operation, requestId)),
    );
  }

  /** Gives the address that leads back to the app that asked, where one did. */
  async decline(reason: requests.DeclineReason = "declined", requestId?: string): Promise<string | null> {
    return await this.run((operation) =>
      requests.decline(operation, requests.scannedRequest(operation, requestId), reason),
    );
  }

  /** The same address for a request that ended otherwise, as one whose time was over; null where no app asked. */
  async wayBack(scanned: Pick<Scan, "requestId" | "returnUrl">): Promise<string | null> {
    return await this.run((operation) => requests.wayBack(operation, scanned));
  }

  /** What this phone signed of a request that has ended, be it in another tab; null where it signed none of it. */
  async ownSignature(scanned: Pick<Scan, "kind" | "tasks" | "requester">): Promise<OwnSignature | null> {
    return await this.run((operation) => ownSignature(operation, scanned));
  }

  /** Forgets a kept request that ended without this phone: expired, cancelled, or answered elsewhere. */
  async forgetRequest(requestId: string): Promise<void> {
    await this.run((operation) => requests.forget(operation, requestId));
  }
}
