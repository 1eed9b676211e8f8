/** The data page of an application (manual 2.3.1.3): its fields and their errors. */

import type { Application, FilingRecord, IdType, Me } from "@mshield/shield";
import { computed, type ComputedRef, reactive, ref, type Ref, toRef } from "vue";

import { ID_TYPES, isIdNumber, isName, normalIdNumber } from "@mshield/identity/identity.ts";
import { rememberedIdNumber } from "../../engine/remembered_person.ts";
import { compact, isCreditCode, isCreditCodeForm, isSameName } from "./checks.ts";
import { useCodeField } from "./code_field.ts";

export type UserType = Application["userType"];
export type FieldName = "name" | "idNumber" | "userType" | "creditCode" | "smsCode";

export interface ApplicationForm {
  readonly fields: Record<Exclude<FieldName, "userType">, string> & { userType: UserType | "" };
  /** Text keys of the errors by field; empty before the first attempt to send. */
  readonly errors: ComputedRef<Partial<Record<FieldName, string>>>;
  /** Returns whether all fields can be sent, and shows errors from now on. */
  check(): boolean;
  /** Marks the SMS code as refused by the service. */
  refuseCode(): void;
  /** Marks the record as not on file; the service doesn't say which field is wrong. */
  refuseRecord(): void;
  /** Marks the record as on file now. */
  acceptRecord(): void;
  /**
   * Shows that the name isn't the account's, and returns whether to stop: always if the account's own name is
   * on file (`isFiled`), otherwise once, since the filing may use another name for the holder.
   */
  doubtName(isFiled: boolean): boolean;
  /** Removes the error of the old SMS code, since a new one was sent. */
  renewCode(): void;
  application(): Application;
  /**
   * The account's ID number, masked, if it needn't be typed, else null; undefined until the service has
   * answered.
   */
  readonly knownId: Ref<string | null | undefined>;
  /** Fills in the proven record, unless the user has entered one. */
  fillRecord(record: FilingRecord): void;
}

/**
 * Creates the form, filled in with the holder's name, the ID number of the registration, and the proven
 * record, as far as known.
 */
export function useApplicationForm({ account }: Me, record: FilingRecord | null = null): ApplicationForm {
  const fields: ApplicationForm["fields"] = reactive({
    name: account.name,
    idNumber: rememberedIdNumber(),
    userType: record?.userType ?? "",
    creditCode: record?.creditCode ?? "",
    smsCode: "",
  });
  const idType: IdType | undefined = ID_TYPES.find((type) => type === account.idType);
  const knownId = ref<string | null | undefined>();
  const isShowingErrors = ref(false);
  const doubted = ref<{ readonly name: string; readonly isFiled: boolean } | null>(null);
  const code = useCodeField(toRef(fields, "smsCode"));
  /** The entered data that are not on file. */
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
      // The number is the account's own, which the service compares itself.
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
    const known = isShowingErrors.value ? wrong.value : {};
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
    isShowingErrors.value = true;
    code.showErrors();
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

  function fillRecord({ userType, creditCode }: FilingRecord): void {
    if (fields.userType === "" && fields.creditCode === "") {
      Object.assign(fields, { userType, creditCode });
    }
  }

  return {
    fields,
    errors,
    knownId,
    fillRecord,
    check,
    refuseCode: code.refuse,
    refuseRecord: () => (refused.value = entered.value),
    acceptRecord: () => (refused.value = ""),
    renewCode: code.renew,
    doubtName,
    application,
  };
}
