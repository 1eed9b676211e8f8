/** A second factor being added: its kind, and its first use. */

import { computed, type ComputedRef, ref, type Ref } from "vue";

import { enrol, knowsKeys } from "./security_key.ts";
import type { Confirmation, FactorOffer } from "./types.ts";

export interface NewFactor {
  readonly kind: Ref<"totp" | "webauthn">;
  readonly code: Ref<string>;
  /** True if all is entered; a key is used only then. */
  readonly isWhole: ComputedRef<boolean>;
  /** Uses it for the first time. Throws: Problem if the browser can't use a key. */
  confirm(offer: FactorOffer, label?: string): Promise<Confirmation>;
}

export function useNewFactor(): NewFactor {
  const kind = ref<"totp" | "webauthn">("totp");
  const code = ref("");
  const digits = computed(() => code.value.replace(/\s/g, ""));
  const isWhole = computed(() => (kind.value === "totp" ? digits.value.length === 6 : knowsKeys()));

  async function confirm(offer: FactorOffer, label = ""): Promise<Confirmation> {
    const { enrolment } = offer;
    if (kind.value === "totp") {
      return { enrolment, label, totp_code: digits.value, registration: null };
    }
    return { enrolment, label, totp_code: null, registration: await enrol(offer.key) };
  }

  return { kind, code, isWhole, confirm };
}
