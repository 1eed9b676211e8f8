/** Asks the service whether this phone had signed a request that ended without an answer. */

import type { OwnSignature } from "@mshield/shield";

export type PriorSignature =
  /** The service is being asked. */
  | { readonly kind: "asking" }
  | { readonly kind: "signed"; readonly own: OwnSignature }
  | { readonly kind: "unsigned" }
  /** The service couldn't be reached. */
  | { readonly kind: "unknown" };
