/** The data page of a renewal (manual 2.3.1.6): the filed data, which the user compares, and the SMS code. */

import type { Application, RenewalData, RenewalPreview } from "@mshield/shield";
import { ref, type Ref } from "vue";

import { type CodeField, useCodeField } from "./code_field.ts";

export interface RenewalForm {
  readonly smsCode: Ref<string>;
  readonly code: CodeField;
  application(shown: RenewalPreview): Application;
}

export function useRenewalForm(): RenewalForm {
  const smsCode = ref("");
  const code = useCodeField(smsCode);

  function application({ filed }: RenewalPreview): Application {
    const { name, userType, creditCode } = filed;
    return { name, idNumber: null, userType, creditCode, smsCode: smsCode.value };
  }

  return { smsCode, code, application };
}

const COMPARED = ["name", "userType", "enterprise", "creditCode"] as const;
export type RenewalField = (typeof COMPARED)[number];

/** Returns which data will change with the new certificate, and which stay the same. */
export function compareRenewal({ certified, filed }: RenewalPreview): {
  changed: RenewalField[];
  same: RenewalField[];
} {
  const isSame = (name: keyof RenewalData): boolean => certified[name] === filed[name];
  return {
    changed: COMPARED.filter((name) => !isSame(name)),
    same: COMPARED.filter(isSame),
  };
}
