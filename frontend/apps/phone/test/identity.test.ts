// @vitest-environment happy-dom
/** 核验身份: the record in the address, the ways in order, typing of the code, the account's status. */

import { DAY_MS } from "@mshield/look/vue/dates.ts";
import { type Identity, type IdentityProof, type IdentityRequest, ProblemError } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { describe, expect, test, vi } from "vitest";

import { grouped, hasForeign, lettersOf, typed } from "../src/screens/identity/activation_code.ts";
import { queryOf, recordOf } from "../src/screens/identity/record.ts";
import { hasLostNumber, isRecent, identityStatus, wayName } from "../src/screens/identity/status.ts";
import { span } from "@mshield/look/vue/dates.ts";
import { retryDelay, listWays } from "../src/screens/identity/ways.ts";
import { mounted } from "./mounted.ts";

const asked = vi.hoisted(() => vi.fn(async () => ({})));
vi.mock("../src/engine/shield.ts", () => ({
  shield: {
    status: async () => ({ isLoggedIn: true }),
    me: async () => ({ account: { name: "林知远" }, certificate: null, renewal: null }),
    identity: async () => ({ proofs: [], request: null, secondAccounts: [], phoneChange: null }),
    identityWays: async () => ({
      isProven: false,
      countsFrom: null,
      enterprise: "宁波北潮进出口有限公司",
      items: [
        { way: "filed_phone", reason: "other_phone" },
        { way: "legal_person", reason: null },
        { way: "filing_code", reason: "second_account" },
      ],
    }),
    askLegalPerson: asked,
  },
}));
const { default: IdentityScreen } = await import("../src/screens/identity/IdentityScreen.vue");

const CODE = "91330206MA2XB7C1TW";
const NOW = Date.UTC(2026, 10, 28);

describe("the record in the address", () => {
  test("is read back as written", () => {
    const record = { userType: "operator", creditCode: CODE } as const;
    expect(recordOf(queryOf(record))).toEqual(record);
    expect(queryOf(null)).toEqual({});
  });
  test.for([
    [{}],
    [{ type: "operator" }],
    [{ type: "staff", code: CODE }],
    [{ type: "operator", code: "91330206MA2XB7C1TX" }],
  ])("%j contains no record", ([query]) => {
    expect(recordOf(query!)).toBeNull();
  });
});

describe("the ways", () => {
  test("are sorted with available ones first, without unknown ones", () => {
    const shown = listWays([
      { way: "filed_phone", reason: "other_phone" },
      { way: "face", reason: null },
      { way: "legal_person", reason: "closed_today" },
      { way: "filing_code", reason: null },
    ]);
    expect(shown).toEqual([
      { way: "filing_code", reason: null },
      { way: "filed_phone", reason: "other_phone" },
      { way: "legal_person", reason: "other" },
    ]);
  });
  test.for([
    [4 * 3_600_000, { unit: "hours", n: 4 }],
    [3_600_001, { unit: "hours", n: 2 }],
    [3_600_000, { unit: "minutes", n: 60 }],
    [1, { unit: "minutes", n: 1 }],
    [-5, { unit: "minutes", n: 1 }],
  ] as const)("%d ms are formatted as %j", ([ms, text]) => {
    expect(span(ms)).toEqual(text);
  });
});

const refusal = (code: string, extra: Record<string, unknown>) => new ProblemError(code, 429, "", { extra });

describe("a way requested too often", () => {
  test.for([
    ["too_many_requests", { retry_after: 86_396 }, { unit: "hours", n: 24 }],
    ["too_many_requests", {}, null],
    ["no_filing", { retry_after: 5 }, null],
  ] as const)("%s %j", ([code, extra, text]) => {
    expect(retryDelay(refusal(code, extra))).toEqual(text);
  });
});

describe("an activation code while typing", () => {
  test.for([
    ["k7rd 4wx9-2hnm", "K7RD4WX92HNM"],
    ["Ｋ７ＲＤ", "K7RD"],
    ["0O1Ik7", "K7"],
    ["K7RD4WX92HNMZZZ", "K7RD4WX92HNM"],
  ])("%s has the letters %s", ([text, letters]) => {
    expect(lettersOf(text!)).toBe(letters);
  });
  test("is shown in groups of four", () => {
    expect(grouped("")).toBe("");
    expect(grouped("K7RD")).toBe("K7RD");
    expect(grouped("K7RD4")).toBe("K7RD-4");
    expect(grouped("K7RD4WX92HNM")).toBe("K7RD-4WX9-2HNM");
  });
  test("reports characters that no code has", () => {
    expect(hasForeign("k7rd-4 ")).toBe(false);
    expect(hasForeign("K7RO")).toBe(true);
  });
  test("keeps the caret behind the same letter", () => {
    expect(typed("K7RD4", 5)).toEqual({ text: "K7RD-4", caret: 6 });
    expect(typed("KX7RD-4WX9", 2)).toEqual({ text: "KX7R-D4WX-9", caret: 2 });
    expect(typed("K7RD-4WX9-2HNMA", 15)).toEqual({ text: "K7RD-4WX9-2HNM", caret: 14 });
  });
});

describe("the account's status", () => {
  const proof = (parts: Partial<IdentityProof>): IdentityProof => ({
    way: "legal_person",
    provenAt: NOW - 1,
    countsFrom: NOW - 1,
    endedAt: null,
    endedReason: null,
    role: "operator",
    creditCode: CODE,
    enterprise: "宁波北潮进出口有限公司",
    ...parts,
  });
  const request = (state: IdentityRequest["state"], decidedAt: number | null = null): IdentityRequest => ({
    state,
    creditCode: CODE,
    enterprise: "宁波北潮进出口有限公司",
    askedAt: NOW - 2,
    expiresAt: NOW + 1,
    remindFrom: NOW,
    decidedAt,
  });
  test.for<[string, Omit<Identity, "secondAccounts" | "phoneChange">, string, string]>([
    ["nothing", { proofs: [], request: null }, "open", "/identity"],
    ["a proof", { proofs: [proof({})], request: request("waiting") }, "proven", "/me/identity"],
    ["one to come", { proofs: [proof({ countsFrom: NOW + 1 })], request: null }, "later", "/me/identity"],
    [
      "one that ended",
      { proofs: [proof({ endedAt: NOW })], request: request("waiting") },
      "waiting",
      "/identity/wait",
    ],
    [
      "one that ended with the filed number",
      { proofs: [proof({ way: "filed_phone", endedAt: NOW, endedReason: "phone_changed" })], request: null },
      "number",
      "/me/identity",
    ],
    [
      "one that ended so, proven anew since",
      { proofs: [proof({}), proof({ endedAt: NOW, endedReason: "phone_changed" })], request: null },
      "proven",
      "/me/identity",
    ],
    ["a refusal", { proofs: [], request: request("refused") }, "refused", "/identity/wait"],
    ["one taken back", { proofs: [], request: request("withdrawn") }, "open", "/identity"],
  ])("with %s", ([, identity, name, to]) => {
    expect(identityStatus({ ...identity, secondAccounts: [], phoneChange: null }, NOW)).toMatchObject({
      name,
      to,
    });
  });
  test("is determined per record, since a filed number proves only its own record", () => {
    const lost = proof({
      way: "filed_phone",
      role: "legal_person",
      endedAt: NOW,
      endedReason: "phone_changed",
    });
    expect(hasLostNumber([lost])).toBe(true);
    // still an operator there, but no longer the legal person
    expect(hasLostNumber([proof({}), lost])).toBe(true);
    expect(hasLostNumber([proof({ role: "legal_person" }), lost])).toBe(false);
    expect(hasLostNumber([proof({ role: null, creditCode: null }), lost])).toBe(false);
    expect(hasLostNumber([{ ...lost, endedReason: "by_staff" }])).toBe(false);
  });
  test("an old answer is no news", () => {
    expect(isRecent(request("waiting"), NOW)).toBe(true);
    expect(isRecent(request("confirmed", NOW - DAY_MS), NOW)).toBe(true);
    expect(isRecent(request("refused", NOW - 8 * DAY_MS), NOW)).toBe(false);
    expect(isRecent(request("withdrawn", NOW), NOW)).toBe(false);
  });
  test("an unknown way gets a name", () => {
    expect(wayName("real_name")).toBe("real_name");
    expect(wayName("face")).toBe("other");
  });
});

test("an operator sees the only available way, and why the others are unavailable", async () => {
  const { wrapper, router } = await mounted(IdentityScreen, {}, `/identity?type=operator&code=${CODE}`);
  await flushPromises();
  expect(wrapper.text()).toContain("您就是备案里的林知远");
  expect(wrapper.text()).toContain("请用下面这种方式");
  expect(wrapper.findAll(".opts > li").map((option) => option.get("b").text())).toEqual([
    "请法人确认",
    "备案手机号一致",
    "输入激活码",
  ]);
  expect(wrapper.findAll(".opts button")).toHaveLength(1);
  await wrapper.get(".foot .btn.p").trigger("click");
  await flushPromises();
  expect(asked).toHaveBeenCalledWith({ userType: "operator", creditCode: CODE });
  expect(router.currentRoute.value.path).toBe("/identity/wait");
  wrapper.unmount();
});
