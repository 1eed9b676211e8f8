/** The data page of an application and of a renewal (manual 2.3.1.3, 2.3.1.6): its fields, and what is wrong in them. */

import type { Application, FilingRecord, IdType, Me } from "@mshield/shield";
import { computed, type ComputedRef, reactive, ref } from "vue";

import { ID_TYPES, isIdNumber, isName, normalIdNumber } from "@mshield/identity/identity.ts";
import { knownIdNumber } from "../../engine/known_person.ts";
import { compact, isCreditCode, isCreditCodeForm } from "./checks.ts";

export type UserType = Application["userType"];
export type FieldName = "name" | "idNumber" | "userType" | "creditCode" | "smsCode";

export interface ApplicationForm {
  readonly fields: Record<Exclude<FieldName, "userType">, string> & { userType: UserType | "" };
  /** By field the name of the words that say what is wrong; told only after an attempt to send. */
  readonly errors: ComputedRef<Partial<Record<FieldName, string>>>;
  /** Whether all can be sent; from now on errors are told. */
  check(): boolean;
  /** What the service said of the SMS code. */
  refuseCode(): void;
  /** A new one was sent: what was said of the old one is over. */
  renewCode(): void;
  application(): Application;
}

const ROLES: Record<string, UserType> = { 法人: "legal_person", 操作员: "operator" };

/** Filled in as far as it is known: the holder's name, the record that was proven, and a renewed certificate's role. */
export function useApplicationForm(
  { account, certificate }: Me,
  isRenewal: boolean,
  record: FilingRecord | null = null,
): ApplicationForm {
  const role = isRenewal && certificate ? ROLES[certificate.subject.role] : undefined;
  const fields: ApplicationForm["fields"] = reactive({
    name: account.name,
    idNumber: isRenewal ? "" : knownIdNumber(),
    userType: role ?? record?.userType ?? "",
    creditCode: record?.creditCode ?? "",
    smsCode: "",
  });
  const idType: IdType | undefined = ID_TYPES.find((each) => each === account.idType);
  const isTold = ref(false);
  const refused = ref("");
  /** Sent since the last attempt: nothing is said of the code before the next one. */
  const isCodeNew = ref(false);

  const wrong = computed(() => {
    const problems: Partial<Record<FieldName, string>> = {};
    if (!isName(fields.name)) {
      problems.name = "nameMissing";
    }
    if (fields.idNumber.trim() === "") {
      problems.idNumber = "idMissing";
    } else if (idType !== undefined && !isIdNumber(idType, fields.idNumber)) {
      problems.idNumber = idType === "resident_id" ? "idWrong" : "documentWrong";
    }
    if (fields.userType === "") {
      problems.userType = "typeMissing";
    }
    const code = compact(fields.creditCode);
    if (code === "") {
      problems.creditCode = "codeMissing";
    } else if (!isCreditCode(code)) {
      problems.creditCode = isCreditCodeForm(code) ? "codeWrong" : "codeForm";
    }
    if (!/^[0-9]{6}$/.test(fields.smsCode)) {
      problems.smsCode = "smsMissing";
    } else if (fields.smsCode === refused.value) {
      problems.smsCode = "smsRefused";
    }
    return problems;
  });
  const errors = computed(() => {
    const { smsCode, ...others } = isTold.value ? wrong.value : {};
    return smsCode === undefined || isCodeNew.value ? others : { ...others, smsCode };
  });

  function check(): boolean {
    [isTold.value, isCodeNew.value] = [true, false];
    return Object.keys(wrong.value).length === 0;
  }

  function refuseCode(): void {
    refused.value = fields.smsCode;
  }

  function renewCode(): void {
    isCodeNew.value = true;
  }

  function application(): Application {
    return {
      name: fields.name.trim(),
      idNumber: normalIdNumber(fields.idNumber),
      userType: fields.userType as UserType,
      creditCode: compact(fields.creditCode),
      smsCode: fields.smsCode,
    };
  }

  return { fields, errors, check, refuseCode, renewCode, application };
}
