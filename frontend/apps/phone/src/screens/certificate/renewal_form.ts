/** The data page of a renewal (manual 2.3.1.6): what the service shows as on file, which the user compares, and the code. */

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
export type Compared = (typeof COMPARED)[number];

/** Which data the new certificate has otherwise, and which stay. */
export function compared({ certified, filed }: RenewalPreview): { changed: Compared[]; same: Compared[] } {
  const isSame = (name: keyof RenewalData): boolean => certified[name] === filed[name];
  return {
    changed: COMPARED.filter((name) => !isSame(name)),
    same: COMPARED.filter(isSame),
  };
}
