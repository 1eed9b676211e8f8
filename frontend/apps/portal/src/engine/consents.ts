/** Policies accepted by a new user of an outside system, stored until the login that sends them. */

import type { Consents } from "@mshield/desk/consents.ts";
import { StorageSerializers, useSessionStorage } from "@vueuse/core";

/** Stored in this tab only, also while at that system's page; deleted with the login. */
export const givenConsents = useSessionStorage<Consents | null>("mshield-portal-agreed", null, {
  serializer: StorageSerializers.object,
});

/** Returns them in the form that login calls need. */
export function consentFields(): { consents?: Consents } {
  return givenConsents.value === null ? {} : { consents: givenConsents.value };
}
