/** Cases of the service's own tests: tests/accounts/test_identity.py and test_password_rules.py. */

import { expect, it } from "vitest";

import {
  type IdType,
  isIdNumber,
  isName,
  maskedPhone,
  normalIdNumber,
  normalPhone,
} from "../src/identity.ts";
import { missing, strength, weakness } from "../src/password.ts";

const PHONE = "13800006027";
const RIGHT: [IdType, string][] = [
  ["resident_id", "11010519491231002X"],
  ["resident_id", " 110105 19491231 002x "],
  ["resident_id", "１１０１０５１９４９１２３１００２Ｘ"],
  ["passport", "e12345678"],
  ["passport", "C01X00T47"],
  ["hk_macau_permit", "H01234567"],
  ["hk_macau_permit", "m0123456701"],
  ["taiwan_permit", "06573218"],
  ["taiwan_permit", "0657321801（B）"],
  ["foreign_resident_id", "USA110182010112"],
  ["foreign_resident_id", "937276198604090027"],
];
const WRONG: [IdType, string][] = [
  ["resident_id", ""],
  ["resident_id", "110105194912310021"],
  ["resident_id", "110105491231002"],
  ["resident_id", "110105194902300026"],
  ["resident_id", "937276198604090027"],
  ["passport", "ABCDEFGH"],
  ["passport", "Е12345678"],
  ["hk_macau_permit", "H0123456"],
  ["hk_macau_permit", "H012345678"],
  ["taiwan_permit", "06573218B"],
  ["foreign_resident_id", "USA110182130112"],
  ["foreign_resident_id", "937276198604090028"],
];

it.each(RIGHT)("%s %s is valid", (type, text) => {
  expect(isIdNumber(type, text)).toBe(true);
});

it.each(WRONG)("%s %s is invalid", (type, text) => {
  expect(isIdNumber(type, text)).toBe(false);
});

it("normalises numbers", () => {
  expect(normalIdNumber("0657321801（b）")).toBe("0657321801B");
  for (const text of [
    "13800006027",
    "138-0000-6027",
    "+8613800006027",
    "0086 138 0000 6027",
    "１３８００００６０２７",
  ]) {
    expect(normalPhone(text)).toBe(PHONE);
  }
  for (const text of ["", "1380000602", "12800006027", "+85213800006027"]) {
    expect(normalPhone(text)).toBeNull();
  }
  expect(maskedPhone("+86 13800006027")).toBe("138****6027");
});

it("names consist of letters, spaces and middle dots", () => {
  expect(["林知远", "阿卜杜拉·买买提", "Anna O’Neill-Čapek"].every(isName)).toBe(true);
  expect(["", "林2", "<b>", "·林", "林".repeat(65)].some(isName)).toBe(false);
});

it.each(["Demo-declare-2026", "correct horse 7 staple", "北潮 2026 报关申报单", "x9$Kfq2!mZ"])(
  "accepts %s",
  (password) => {
    expect(weakness(password, PHONE)).toBeNull();
  },
);

it.each([
  ["", "too_short"],
  ["a1b2c3d4e", "too_short"],
  ["a1".repeat(65), "too_long"],
  ["aaaaaaaaaaaa1", "too_simple"],
  ["onlylettershere", "too_simple"],
  ["739184620573", "too_simple"],
  ["ab13800006027", "personal"],
  ["ab00006027xyz", "personal"],
  ["password123456", "common"],
  ["Password2026!", "common"],
  ["1qaz2wsx3edc!", "common"],
  ["admin@123456", "common"],
])("refuses %s as %s", (password, reason) => {
  expect(weakness(password, PHONE)).toBe(reason);
});

it("reports how strong a password is, and how much it lacks", () => {
  expect(strength("")).toBe(0);
  expect(strength("Abcd1234")).toBe(1);
  expect(strength("tulpe82934")).toBe(2);
  expect(strength("tomato river 88")).toBe(4);
  expect(missing("a1b2")).toBe(6);
});
