/** What a renewal would change (更新证书): the certificate's data beside those on file, before an SMS code is asked for. */

import type { Application } from "./enrolment.ts";
import { Fields } from "./fields.ts";
import type { Operation } from "./operation.ts";

/** Whom a certificate names, and of which enterprise. */
export interface RenewalData {
  readonly name: string;
  readonly userType: Application["userType"];
  readonly enterprise: string;
  readonly creditCode: string;
}

/** What is certified, and what would be; `isDue` is false where there is no reason yet. Of the id number only its end. */
export interface RenewalPreview {
  readonly isDue: boolean;
  readonly idNumberMasked: string;
  readonly certified: RenewalData;
  readonly filed: RenewalData;
}

/** As the service has it now. ProblemError as a renewal with these data would get: `no_filing`, `held` … */
export async function renewalPreview(operation: Operation): Promise<RenewalPreview> {
  const path = "/api/phone/renewals/preview";
  const of = new Fields(await operation.connection.get(path, operation.loggedIn()));
  return {
    isDue: of.textOrNull("reason") !== null,
    idNumberMasked: of.text("id_number_masked"),
    certified: readData(of.object("certified")),
    filed: readData(of.object("filed")),
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
