/** Validation of the application form, and the data it sends. */

import type { Me } from "@mshield/shield";
import { describe, expect, test } from "vitest";

import { useApplicationForm } from "../src/screens/certificate/application_form.ts";
import { isCreditCode, isCreditCodeForm, masked } from "../src/screens/certificate/checks.ts";

const ME = {
  account: { name: "林知远", phoneMasked: "138****6027", idType: "resident_id" },
} as unknown as Me;

describe("credit code", () => {
  test.for(["91330206MA2XB7C1TW", "91370203MA3YK2D9RF", "91350100M000100Y43"])("%s is valid", (code) => {
    expect(isCreditCode(code)).toBe(true);
  });
  test.for([
    ["91330206MA2XB7C1TX", "its check character"],
    ["91330206MA2XB7C1WT", "two letters changed about"],
    ["91330206MA2XB7C1T", "too short"],
    ["91330206MA2XB7C1TW0", "too long"],
    ["91330206MA2XB7CITW", "an I"],
    ["91330206ma2xb7c1tw", "small letters"],
    ["", "nothing"],
  ])("%s is refused: %s", ([code]) => {
    expect(isCreditCode(code!)).toBe(false);
  });
  test("wrong form and wrong check character are distinguished", () => {
    expect(isCreditCodeForm("91330206MA2XB7C1TX")).toBe(true);
    expect(isCreditCodeForm("91330206MA2XB7C1SW")).toBe(false);
  });
});

test("an ID number is masked in the middle", () => {
  expect(masked("330206199001014217")).toBe("330206********4217");
  expect(masked("E12345678")).toBe("E1*****78");
  expect(masked("E123")).toBe("E123");
  expect(masked("")).toBe("");
});

describe("application form", () => {
  test("is filled in with the name and the proven record", () => {
    expect(useApplicationForm(ME).fields).toMatchObject({ name: "林知远", userType: "" });
    const record = { userType: "operator", creditCode: "91330206MA2XB7C1TW" } as const;
    expect(useApplicationForm(ME, record).fields).toMatchObject(record);
  });
  test("shows errors only after an attempt to send, each at its field", () => {
    const form = useApplicationForm(ME);
    expect(form.errors.value).toEqual({});
    expect(form.check()).toBe(false);
    expect(form.errors.value).toEqual({
      idNumber: "idMissing",
      userType: "typeMissing",
      creditCode: "codeMissing",
      smsCode: "smsMissing",
    });
    form.fields.idNumber = "330206199001014218";
    form.fields.creditCode = "91330206MA2XB7C1TX";
    expect(form.errors.value).toMatchObject({ idNumber: "idWrong", creditCode: "codeWrong" });
  });
  test("neither asks for nor sends an ID number that the service knows", () => {
    const form = useApplicationForm(ME);
    form.knownId.value = "**************4217";
    form.fillRecord({ userType: "operator", creditCode: "91330206MA2XB7C1TW" });
    form.fields.smsCode = "123456";
    expect(form.check()).toBe(true);
    expect(form.application()).toMatchObject({ idNumber: null, userType: "operator" });
    form.fillRecord({ userType: "legal_person", creditCode: "91370203MA3YK2D9RF" });
    expect(form.fields.userType).toBe("operator");
  });
  test("sends normalised data, and doesn't send a refused SMS code again", () => {
    const form = useApplicationForm(ME);
    Object.assign(form.fields, {
      name: " 林知远 ",
      idNumber: "330206 19900101 4217",
      userType: "operator",
      creditCode: "91330206ma2xb7c1tw",
      smsCode: "123456",
    });
    expect(form.check()).toBe(true);
    expect(form.application()).toEqual({
      name: "林知远",
      idNumber: "330206199001014217",
      userType: "operator",
      creditCode: "91330206MA2XB7C1TW",
      smsCode: "123456",
    });
    form.refuseCode();
    expect(form.errors.value).toEqual({ smsCode: "smsRefused" });
    form.fields.smsCode = "654321";
    expect(form.check()).toBe(true);
  });
});

test("a new SMS code removes the error of the old one; an empty field is missing, not wrong", () => {
  const form = useApplicationForm(ME);
  Object.assign(form.fields, { idNumber: "", creditCode: "", smsCode: "111111" });
  form.check();
  expect(form.errors.value).toMatchObject({ idNumber: "idMissing", creditCode: "codeMissing" });
  form.refuseCode();
  expect(form.errors.value.smsCode).toBe("smsRefused");
  form.renewCode();
  form.fields.smsCode = "";
  expect(form.errors.value.smsCode).toBeUndefined();
  form.check();
  expect(form.errors.value.smsCode).toBe("smsMissing");
});

test("a refused record doesn't hide an error of the SMS code, and is cleared once the record is found", () => {
  const form = useApplicationForm(ME);
  form.knownId.value = "**************4217";
  Object.assign(form.fields, { userType: "operator", creditCode: "91330206MA2XB7C1TW", smsCode: "246802" });
  form.check();
  form.refuseRecord();
  expect(form.errors.value).toEqual({ userType: "typeUnfiled", creditCode: "codeUnfiled" });
  form.refuseCode();
  expect(form.errors.value.smsCode).toBe("smsRefused");
  form.acceptRecord();
  expect(form.errors.value).toEqual({ smsCode: "smsRefused" });
});
