/** What somebody agreed to here whom an outside system sends for the first time, until the login that takes it along. */

import type { Consents } from "@mshield/desk/consents.ts";
import { StorageSerializers, useSessionStorage } from "@vueuse/core";

/** In this tab alone, also on the way to that system's page and back; it goes with the login. */
export const agreed = useSessionStorage<Consents | null>("mshield-portal-agreed", null, {
  serializer: StorageSerializers.object,
});

/** As the calls of a login take it. */
export function withConsents(): { consents?: Consents } {
  return agreed.value === null ? {} : { consents: agreed.value };
}
