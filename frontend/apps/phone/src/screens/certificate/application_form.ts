/** The data page of an application (manual 2.3.1.3): its fields, and what is wrong in them. */

import type { Application, FilingRecord, IdType, Me } from "@mshield/shield";
import { computed, type ComputedRef, reactive, ref, type Ref, toRef } from "vue";

import { ID_TYPES, isIdNumber, isName, normalIdNumber } from "@mshield/identity/identity.ts";
import { knownIdNumber } from "../../engine/known_person.ts";
import { compact, isCreditCode, isCreditCodeForm, isSameName } from "./checks.ts";
import { useCodeField } from "./code_field.ts";

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
  /** It has no such record on file; which of the data is wrong it doesn't say. */
  refuseRecord(): void;
  /** It has one by now. */
  acceptRecord(): void;
  /**
   * Tells at the field that the name isn't the account's own, and whether to stop there: always where the own one is on
   * file (`isFiled`), else once, since the file may have given the holder another name.
   */
  doubtName(isFiled: boolean): boolean;
  /** A new one was sent: what was said of the old one is over. */
  renewCode(): void;
  application(): Application;
  /** The account's id number as it is shown, where it needn't be typed; undefined until the service has said. */
  readonly knownId: Ref<string | null | undefined>;
  /** The record that was proven, where none is entered yet. */
  takeRecord(record: FilingRecord): void;
}

/** Filled in as far as it is known: the holder's name, the number that they registered with, the record that was proven. */
export function useApplicationForm({ account }: Me, record: FilingRecord | null = null): ApplicationForm {
  const fields: ApplicationForm["fields"] = reactive({
    name: account.name,
    idNumber: knownIdNumber(),
    userType: record?.userType ?? "",
    creditCode: record?.creditCode ?? "",
    smsCode: "",
  });
  const idType: IdType | undefined = ID_TYPES.find((type) => type === account.idType);
  const knownId = ref<string | null | undefined>();
  const isTold = ref(false);
  const doubted = ref<{ readonly name: string; readonly isFiled: boolean } | null>(null);
  const code = useCodeField(toRef(fields, "smsCode"));
  /** The data that aren't on file so. */
  const refused = ref("");
  const entered = computed(() =>
    [fields.name, fields.idNumber, fields.userType, compact(fields.creditCode)].join(" "),
  );

  const wrong = computed(() => {
    const problems: Partial<Record<FieldName, string>> = {};
    if (!isName(fields.name)) {
      problems.name = "nameMissing";
    }
    if (typeof knownId.value === "string") {
      // It is the account's own, which the service compares by itself.
    } else if (fields.idNumber.trim() === "") {
      problems.idNumber = "idMissing";
    } else if (idType !== undefined && !isIdNumber(idType, fields.idNumber)) {
      problems.idNumber = idType === "resident_id" ? "idWrong" : "documentWrong";
    }
    if (fields.userType === "") {
      problems.userType = "typeMissing";
    }
    const creditCode = compact(fields.creditCode);
    if (creditCode === "") {
      problems.creditCode = "codeMissing";
    } else if (!isCreditCode(creditCode)) {
      problems.creditCode = isCreditCodeForm(creditCode) ? "codeWrong" : "codeForm";
    }
    return problems;
  });
  const errors = computed(() => {
    const known = isTold.value ? wrong.value : {};
    const doubt = doubted.value?.name === fields.name ? doubted.value : null;
    const ofCode = code.error.value === null ? {} : { smsCode: code.error.value };
    if (refused.value === entered.value) {
      const name = isSameName(fields.name, account.name) ? {} : { name: "nameUnfiled" };
      const id = typeof knownId.value === "string" ? {} : { idNumber: "idUnfiled" };
      return { ...name, ...id, userType: "typeUnfiled", creditCode: "codeUnfiled", ...known, ...ofCode };
    }
    const others = doubt ? { name: doubt.isFiled ? "nameFiled" : "nameOther", ...known } : known;
    return { ...others, ...ofCode };
  });

  function check(): boolean {
    isTold.value = true;
    code.tell();
    return Object.keys(wrong.value).length === 0 && code.wrong.value === null;
  }

  function doubtName(isFiled: boolean): boolean {
    if (isSameName(fields.name, account.name)) {
      return false;
    }
    const isAgain = doubted.value?.name === fields.name;
    doubted.value = { name: fields.name, isFiled };
    return isFiled || !isAgain;
  }

  function application(): Application {
    return {
      name: fields.name.trim(),
      idNumber: normalIdNumber(fields.idNumber) || null,
      userType: fields.userType as UserType,
      creditCode: compact(fields.creditCode),
      smsCode: fields.smsCode,
    };
  }

  function takeRecord({ userType, creditCode }: FilingRecord): void {
    if (fields.userType === "" && fields.creditCode === "") {
      Object.assign(fields, { userType, creditCode });
    }
  }

  return {
    fields,
    errors,
    knownId,
    takeRecord,
    check,
    refuseCode: code.refuse,
    refuseRecord: () => (refused.value = entered.value),
    acceptRecord: () => (refused.value = ""),
    renewCode: code.renew,
    doubtName,
    application,
  };
}
