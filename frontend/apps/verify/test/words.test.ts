/** Each check that the verifier can report has a sentence in both languages. */

import { expect, test } from "vitest";

import {
  groupDigest,
  headlineOf,
  presentState,
  sentenceOf,
  formatSize,
  titleOf,
} from "../src/parts/sentences.ts";
import { factLine } from "../src/parts/fact_lines.ts";
import { checkWords } from "../src/words/checks.ts";
import { pageWords } from "../src/words/page.ts";
import { partWords } from "../src/words/parts.ts";
import type { Check, Result } from "@mshield/verify";

const CERTIFICATES = [
  "unknown_issuer",
  "expired",
  "not_yet_valid",
  "bad_signature",
  "wrong_usage",
  "unknown_critical_extension",
];
/** Codes of `mshield verify` by the step that can have them. */
const FAILED: Readonly<Record<string, readonly string[]>> = {
  input: ["unreadable", "from_future", "no_token", "weak_hash", "inaccurate"],
  content: ["message_mismatch", "ambiguous", "other_data"],
  signature: ["bad_signature", "message_mismatch", "unreadable", "other_certificate", "no_responder"],
  chain: [...CERTIFICATES, "not_a_ca", "no_certificate", "no_tsa", "stamp_time"],
  revocation: [...CERTIFICATES, "revoked", "on_hold", "stale_status", "status_unknown", "unreadable"],
  display: ["display_mismatch"],
  request: ["message_mismatch"],
  cms: ["unreadable", "message_mismatch"],
  log: [
    "bad_log_form",
    "bad_log_signature",
    "bad_cosignature",
    "bad_log_proof",
    "bundle_changed",
    "bad_time_stamp",
    "unknown_log",
  ],
  now: ["revoked", "on_hold"],
};
const UNCHECKED: Readonly<Record<string, readonly string[]>> = {
  content: ["no_document", "no_data"],
  signature: ["no_issuer"],
  in_force: ["out_of_date"],
  chain: ["no_certificate", "no_root", "unknown_issuer", "no_tsa_root"],
  revocation: [
    "tsa_status",
    "not_asked",
    "no_answer",
    "foreign_ca",
    "status_missing",
    "status_unknown",
    "old_status",
  ],
  issuers: ["status_missing"],
  display: ["not_bound"],
  request: ["service_word"],
  log: ["unknown_log"],
  now: ["not_asked", "no_answer", "foreign_ca"],
};
const PASSED: readonly (readonly [string, string | null])[] = [
  ["input", null],
  ["input", "p7_content"],
  ["input", "p7_attributes"],
  ["input", "p7_attributes_dated"],
  ["input", "xml"],
  ["input", "pdf"],
  ["input", "time_stamp"],
  ["input", "certificate"],
  ["input", "crl"],
  ["input", "ocsp"],
  ["in_force", null],
  ["content", "stamped"],
  ["signature", "stamp"],
  ["signature", "issuer"],
  ["chain", "tsa"],
  ["chain", "part"],
  ["revocation", "given_ocsp"],
  ["revocation", "root"],
  ["content", "file"],
  ["content", "inside"],
  ["signature", null],
  ["chain", null],
  ["revocation", "ocsp"],
  ["revocation", "crl"],
  ["revocation", "asked"],
  ["issuers", null],
  ["display", null],
  ["display", "log"],
  ["request", null],
  ["request", "log"],
  ["cms", null],
  ["log", null],
  ["now", null],
];

const check = (
  name: string,
  state: Check["state"],
  code: string | null,
  by: string | null = null,
): Check => ({
  name: name as Check["name"],
  state,
  code,
  isNeeded: true,
  facts: by === null ? {} : { by },
  revocation: code === "revoked" || code === "later" ? { at: 0, reason: 99 } : null,
});

const ALL = [
  ...Object.entries(FAILED).flatMap(([name, codes]) => codes.map((code) => check(name, "failed", code))),
  ...Object.entries(UNCHECKED).flatMap(([name, codes]) =>
    codes.map((code) => check(name, "unchecked", code)),
  ),
  ...PASSED.map(([name, by]) => check(name, "passed", null, by)),
  ...["later", "ca_later"].map((code) => check("revocation", "noted", code)),
  ...["revoked", "on_hold"].map((code) => check("now", "noted", code)),
];

test.for(["zh", "en"] as const)("in %s", (language) => {
  const t = (key: string): string => {
    const text = key
      .split(".")
      .reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], pageWords[language]);
    expect(text, key).toBeTypeOf("string");
    return text as string;
  };
  for (const row of ALL) {
    expect(titleOf({ t }, row)).not.toBe("");
    expect(sentenceOf({ t }, row), `${row.name} ${row.code}`).not.toBe(checkWords[language].other);
  }
});

const nowWith = (...checks: Check[]): string => presentState({ checks } as unknown as Result);

test("reports the certificate's present status if it was requested", () => {
  expect(nowWith(check("now", "passed", null))).toBe("good");
  expect(nowWith(check("now", "noted", "on_hold"), check("revocation", "passed", null, "ocsp"))).toBe(
    "on_hold",
  );
  expect(nowWith(check("revocation", "passed", null, "asked"))).toBe("good");
  expect(nowWith(check("revocation", "passed", null, "crl"))).toBe("unchecked");
  expect(nowWith(check("revocation", "failed", "revoked"))).toBe("revoked");
});

test("never calls a P7 without a trusted root valid", () => {
  const checks = [check("signature", "passed", null), check("chain", "unchecked", "no_root")];
  const headline = headlineOf({ kind: "p7", verdict: "incomplete", checks } as unknown as Result);
  expect(headline).toBe("not_established");
  expect(pageWords.zh.verdict[headline]).toBe("密码学上正确，签署人未确认");
  expect(pageWords.en.verdict[headline]).toBe("Cryptographically correct, signer not established");
  expect(headlineOf({ kind: "signed_file", verdict: "incomplete", checks } as unknown as Result)).toBe(
    headline,
  );
  const bad = [check("signature", "failed", "bad_signature"), check("chain", "unchecked", "not_reached")];
  expect(headlineOf({ kind: "p7", verdict: "invalid", checks: bad } as unknown as Result)).toBe("invalid");
});

test.for(["time_stamp", "certificate", "crl", "ocsp"] as const)("a %s has its own words", (kind) => {
  const of = (verdict: string, ...checks: Check[]): string =>
    headlineOf({ kind, verdict, checks } as unknown as Result);
  const right = check("signature", "passed", null);
  expect(of("valid", right)).toBe(`${kind}_valid`);
  expect(of("invalid", check("signature", "failed", "bad_signature"))).toBe(`${kind}_invalid`);
  expect(of("incomplete", right, check("chain", "unchecked", "no_root"))).toBe(`${kind}_unestablished`);
  expect(of("incomplete", right, check("chain", "passed", null))).toBe(`${kind}_incomplete`);
  for (const language of ["zh", "en"] as const) {
    const { verdict, hint } = partWords[language];
    for (const word of Object.keys(verdict).filter((name) => !name.endsWith("invalid"))) {
      expect(hint).toHaveProperty(word);
    }
    const established = Object.entries(verdict).filter(([word]) => word.endsWith("unestablished"));
    expect(established.some(([, said]) => /有效|可信|valid|trusted/.test(said))).toBe(false);
  }
});

test("describes a file's contents by names, times with seconds and zone", () => {
  const say = { t: (key: string) => key } as unknown as Parameters<typeof factLine>[0];
  const life = factLine(say, { label: "life", values: [0, 1000] });
  expect(life.label).toBe("parts.said.life");
  expect(life.text).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC[+-]\d\d:\d\d – /);
  const eport = { label: "private", oid: "1.3.6.1.4.1.5315.100.5.8", values: ["x"] };
  expect(factLine(say, eport)).toEqual({ label: "parts.private.eport_5_8", text: "x", isOid: false });
  const gb = { label: "private", oid: "1.2.156.10260.4.1.5", values: ["x"] };
  expect(factLine(say, gb).label).toBe("parts.private.gb_5");
  const unnamed = { label: "private", oid: "1.3.6.1.4.1.5315.100.2.1", values: ["x"] };
  expect(factLine(say, unnamed).label).toBe("1.3.6.1.4.1.5315.100.2.1");
  const revoked = factLine(say, { label: "status", values: ["5"], word: "revoked", reason: 99 });
  expect(revoked.text).toBe("5answers.commaparts.words.revokedanswers.commachecks.reason.0");
});

test("formats digests and sizes", () => {
  expect(groupDigest("7c1e90b4")).toBe("7C1E 90B4");
  expect([0, 1023, 1024, 2883, 24_000, 104_857_600].map(formatSize)).toEqual([
    "0 B",
    "1023 B",
    "1.0 KB",
    "2.8 KB",
    "23 KB",
    "100 MB",
  ]);
});
