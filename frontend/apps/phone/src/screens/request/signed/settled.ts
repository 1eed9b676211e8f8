/** How a request stood for this phone when it ended by itself: only the service knows whether this phone had signed it. */

import type { OwnSignature } from "@mshield/shield";

export type Settled =
  /** It is being asked. */
  | { readonly kind: "asking" }
  | { readonly kind: "signed"; readonly own: OwnSignature }
  | { readonly kind: "unsigned" }
  /** The service couldn't be asked. */
  | { readonly kind: "unknown" };
