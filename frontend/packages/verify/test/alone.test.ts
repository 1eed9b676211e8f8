/** Standalone time stamps, certificates, lists and answers: valid only under a trusted root. */

import { readFileSync } from "node:fs";

import { toBase64 } from "@mshield/forms";
import { hex, sm3, utf8 } from "@mshield/gm";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";

import { checkStamp, readStampFile } from "../src/standalone/stamp.ts";
import { toPem } from "../src/certificate.ts";
import { TimeStampError } from "../src/errors.ts";
import {
  type VerifyInput,
  parseForeignCertificates,
  parseTsaTrust,
  type Result,
  tsaTrustOf,
} from "../src/index.ts";
import { recognise } from "../src/recognise.ts";
import { verified } from "./signed.ts";

const VECTORS = new URL("../../../../vectors/", import.meta.url);
const vector = (file: string): Uint8Array => readFileSync(new URL(`formats/${file}`, VECTORS));
const foreign = (file: string): Uint8Array => readFileSync(new URL(`time_stamps/foreign/${file}`, VECTORS));
const AT = Date.parse("2026-08-15T06:00:00Z");
const trusting = (...roots: string[]): Partial<VerifyInput> => ({
  at: AT,
  now: AT,
  foreignRoots: roots.flatMap((root) => parseForeignCertificates(vector(root))),
});
const stamped = (...roots: string[]): Partial<VerifyInput> => ({
  at: AT,
  now: AT,
  tsa: { roots: [], tolerant: roots.flatMap((root) => parseTsaTrust(vector(root)).tolerant) },
});
const stateOf = ({ checks }: Result, name: string): string =>
  `${checks.find((check) => check.name === name)?.state} ${checks.find((check) => check.name === name)?.code}`;
const saidOf = ({ said }: Result, label: string): unknown =>
  said.find((line) => line.label === label)?.values;

describe("a time stamp", () => {
  const files = { "a.tsr": vector("tsp/sm2-gm-type.tsr"), "a.bin": vector("content.bin") };

  test("without a trusted root is right but unknown, with its data and without", async () => {
    for (const those of [files, { "a.tsr": files["a.tsr"] }]) {
      const result = await verified(those, trusting("ca/root.cer"));
      expect(result).toMatchObject({ kind: "time_stamp", verdict: "incomplete", rootSha256: null });
      expect(stateOf(result, "signature")).toBe("passed null");
      expect(stateOf(result, "chain")).toBe("unchecked no_tsa_root");
    }
  });

  test("is valid on its data, and reports time, authority and accuracy", async () => {
    const result = await verified(files, stamped("ca/root.cer"));
    expect(result.verdict).toBe("valid");
    expect(saidOf(result, "time")).toEqual([Date.parse("2026-08-01T01:02:03Z")]);
    expect(saidOf(result, "accuracy")).toEqual(["± 1 s"]);
    expect(saidOf(result, "policy")).toEqual(["2.999.1.3"]);
    expect(saidOf(result, "imprint")).toEqual([`SM3 ${hex(sm3(vector("content.bin")))}`]);
    expect(saidOf(result, "format")).toEqual(["RFC 3161, GB/T 35275, SM2, SM3"]);
    const p256 = { "a.tsr": vector("tsp/p256.tsr"), "a.bin": vector("content.bin") };
    expect((await verified(p256, stamped("ca/p-root.cer"))).verdict).toBe("valid");
  });

  test("without its data is never valid, and on other data wrong", async () => {
    const alone = await verified({ "a.tsr": files["a.tsr"] }, stamped("ca/root.cer"));
    expect([alone.verdict, stateOf(alone, "content")]).toEqual(["incomplete", "unchecked no_data"]);
    const other = await verified({ ...files, "a.bin": utf8("other") }, stamped("ca/root.cer"));
    expect([other.verdict, stateOf(other, "content")]).toEqual(["invalid", "failed other_data"]);
    const early = await verified(files, { ...stamped("ca/root.cer"), at: 0 });
    expect([early.verdict, stateOf(early, "chain")]).toEqual(["invalid", "failed stamp_time"]);
  });

  test.for([
    ["bad-signature", "signature bad_signature"],
    ["bad-ess-other", "signature other_certificate"],
    ["bad-no-eku", "chain no_tsa"],
    ["bad-status", "input no_token"],
    ["bad-sha1-imprint", "input weak_hash"],
    ["bad-econtent-type", "input unreadable"],
  ] as const)("%s is refused", async ([name, where]) => {
    const result = await verified({ "a.tsr": vector(`tsp/${name}.tsr`) }, stamped("ca/root.cer"));
    expect(result.verdict).toBe("invalid");
    expect(`${result.checks[0]!.name} ${result.checks[0]!.code}`).toBe(where);
  });

  test("of an authority that only the tolerant reader accepts is checked as the vectors specify", () => {
    const index = JSON.parse(new TextDecoder().decode(foreign("index.json"))) as {
      at: number;
      cases: {
        file: string;
        roots: string[];
        read: string;
        data: boolean;
        waived: string[];
        expect: string;
      }[];
    };
    const entry = (read: string, name: string): object => {
      const der = foreign(name);
      return { name, read, sha256: hex(sha256(der)), certificate: toBase64(der) };
    };
    const outcome = ({ file, roots, read, data, waived }: (typeof index.cases)[number]): string => {
      const list = {
        type: "mshield-trust/v1",
        roots: [],
        tsa_roots: roots.map((name) => entry(read, name)),
        tsa_waived: waived.map((name) => ({ name, sha256: hex(sha256(foreign(name))) })),
      };
      try {
        const trust = tsaTrustOf(utf8(JSON.stringify(list)));
        const digest = data ? sm3(foreign("content.bin")) : null;
        return checkStamp(readStampFile(foreign(file)), digest, trust, index.at)[1];
      } catch (error) {
        const reason = (error as TimeStampError).reason;
        return reason === "certificate" ? "bad_root" : reason;
      }
    };
    expect(index.cases.map(outcome)).toEqual(index.cases.map((row) => row.expect));
    expect(index.cases.length).toBeGreaterThan(8);
  });
});

test.for([
  "[]",
  "{}",
  '{"type":"x"}',
  '{"type":"mshield-trust/v1","tsa_roots":1}',
  '{"type":"mshield-trust/v1","tsa_roots":[1]}',
  '{"type":"mshield-trust/v1","tsa_roots":[{"read":"strict","certificate":"MAA=","sha256":"00"}]}',
  '{"type":"mshield-trust/v1","tsa_waived":[{"sha256":"x"}]}',
  "{",
])("refuses %s as a trust list", (text) => {
  expect(() => tsaTrustOf(utf8(text))).toThrow();
});

describe("a part", () => {
  const [root, issuing] = ["ca/root.cer", "ca/issuing.cer"];
  test.for([
    ["certificate/eport-like.cer", [], [], "incomplete", "signature unchecked no_issuer"],
    ["certificate/eport-like.cer", [issuing], [], "incomplete", "chain unchecked no_root"],
    ["certificate/eport-like.cer", [issuing], [root], "incomplete", "revocation unchecked foreign_ca"],
    ["certificate/eport-like.cer", [issuing, "crl/plain.crl"], [root], "valid", "revocation passed null"],
    ["ca/leaf.cer", [issuing, "crl/null-params.crl"], [root], "invalid", "revocation failed revoked"],
    ["ca/leaf.cer", [issuing, "ocsp/good.der"], [root], "valid", "revocation passed null"],
    ["ca/root.cer", [], [root], "valid", "revocation passed null"],
    ["certificate/sig-tampered.cer", [issuing], [root], "invalid", "signature failed bad_signature"],
    ["crl/null-params.crl", [], [], "incomplete", "signature unchecked no_issuer"],
    ["crl/null-params.crl", [issuing], [], "incomplete", "chain unchecked no_root"],
    ["crl/null-params.crl", [issuing], [root], "valid", "in_force passed null"],
    ["crl/other-key.crl", [issuing], [root], "invalid", "signature failed bad_signature"],
    ["ocsp/null-params.der", [issuing], [], "incomplete", "chain unchecked no_root"],
    ["ocsp/null-params.der", [issuing], [root], "valid", "in_force passed null"],
    ["ocsp/bad-old.der", [issuing], [root], "incomplete", "in_force unchecked out_of_date"],
    ["ocsp/bad-leaf.der", [issuing], [root], "invalid", "signature failed no_responder"],
  ] as const)("%s with %s under %s", async ([name, beside, roots, verdict, outcome]) => {
    const files = Object.fromEntries([name, ...beside].map((file) => [file, vector(file)]));
    const result = await verified(files, trusting(...roots));
    expect(result.verdict).toBe(verdict);
    const [check] = outcome.split(" ");
    expect(`${check} ${stateOf(result, check!)}`).toBe(outcome);
    expect(result.said.length).toBeGreaterThan(1);
  });

  test("reports private extensions, without a date of birth", async () => {
    const { said } = await verified({ "a.cer": vector("certificate/eport-like.cer") });
    const texts = Object.fromEntries(
      said.filter(({ label }) => label === "private").map(({ oid, values }) => [oid, values[0]]),
    );
    expect(texts["1.3.6.1.4.1.5315.100.5.8"]).toBe("440301********0011");
    expect(texts["1.3.6.1.4.1.5315.100.5.11"]).toBe("MA5TEST0X");
    expect(JSON.stringify(said)).not.toContain("19900101");
  });

  test("serves a P7 beside it, and then isn't a case of its own", async () => {
    const files = {
      "a.p7s": vector("p7/gb-attrs.p7s"),
      "i.cer": vector("ca/issuing.cer"),
      "l.crl": vector("crl/empty.crl"),
    };
    const result = await verified(files, trusting("ca/root.cer"));
    expect(result).toMatchObject({ kind: "p7", verdict: "valid" });
    const listed = { ...files, "l.crl": vector("crl/null-params.crl") };
    const revoked = await verified(listed, trusting("ca/root.cer"));
    expect([revoked.verdict, stateOf(revoked, "revocation")]).toEqual(["invalid", "failed revoked"]);
  });
});

test("recognises each in DER, base64 and PEM", () => {
  const kinds = [
    ["tsp/sm2.tsr", "time_stamp"],
    ["tsp/sm2-gm-zdigest.tsr", "time_stamp"],
    ["certificate/eport-like.cer", "foreign_certificates"],
    ["certificate/plain.cer", "certificates"],
    ["crl/v1.crl", "foreign_crl"],
    ["ocsp/by-name.der", "ocsp"],
  ] as const;
  for (const [file, kind] of kinds) {
    const der = vector(file);
    expect(recognise(der, file).kind).toBe(kind);
    expect(recognise(utf8(toBase64(der)), "a.txt").kind).toBe(kind);
    const label = kind.includes("certificates") ? "CERTIFICATE" : "X509 CRL";
    expect(recognise(utf8(toPem(toBase64(der)).replaceAll("CERTIFICATE", label)), "a.pem").kind).toBe(kind);
  }
});
