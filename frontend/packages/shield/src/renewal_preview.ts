/**
 * Changes that a renewal would make (更新证书): certified data beside registered data, before an SMS code is requested.
 */

import type { Application } from "./enrolment.ts";
import { Fields } from "./fields.ts";
import { type Issuer, readIssuer } from "./messages.ts";
import type { Operation } from "./operation.ts";

/** Person and enterprise that a certificate names. */
export interface RenewalData {
  readonly name: string;
  readonly userType: Application["userType"];
  readonly enterprise: string;
  readonly creditCode: string;
}

/**
 * Certified and registered data; `isDue` is false if there is no reason to renew yet. The ID number is
 * masked.
 */
export interface RenewalPreview {
  readonly isDue: boolean;
  readonly idNumberMasked: string;
  readonly certified: RenewalData;
  readonly filed: RenewalData;
  /** Outside CA that will issue the new certificate; null for the service's own. */
  readonly issuer: Issuer | null;
}

/** Fetches the preview. Throws: ProblemError as a renewal with these data would: `no_filing`, `held` … */
export async function renewalPreview(operation: Operation): Promise<RenewalPreview> {
  const path = "/api/phone/renewals/preview";
  const of = new Fields(await operation.connection.get(path, operation.loggedIn()));
  return {
    isDue: of.textOrNull("reason") !== null,
    idNumberMasked: of.text("id_number_masked"),
    certified: readData(of.object("certified")),
    filed: readData(of.object("filed")),
    issuer: readIssuer(of),
  };
}

function readData(of: Fields): RenewalData {
  return {
    name: of.text("name"),
    userType: of.word("user_type", ["legal_person", "operator"]),
    enterprise: of.text("enterprise"),
    creditCode: of.text("credit_code"),
  };
}
