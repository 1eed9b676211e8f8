/** Facts read from a certificate that the service issued; anything else is refused. */

import { describe, expect, test } from "vitest";

import { readFacts, readPem } from "../src/index.ts";
import { PEM } from "./pem.ts";

describe("a shield's certificate", () => {
  test("has issuer, uses and the places of its status", () => {
    const { publicKey, ...facts } = readFacts(PEM);
    expect(publicKey).toMatch(/^04[0-9a-f]{128}$/);
    expect(facts).toEqual({
      issuer: { organisation: "Mobile Shield", commonName: "Mobile Shield CA" },
      uses: ["digitalSignature", "nonRepudiation"],
      isForDocuments: true,
      creditCode: "91330206MA2XB7C1TW",
      crl: "http://localhost:54699/pki/issuing.crl",
      ocsp: "http://localhost:54699/pki/ocsp",
      caIssuer: "http://localhost:54699/pki/issuing.cer",
    });
    expect(readPem(PEM).serial).toBe("61ae71db05ec8a1bd6461d9c79bf511d91c08147");
  });

  test.each([
    ["no PEM", "certificate"],
    ["cut short", PEM.replace(/(-----BEGIN CERTIFICATE-----\s.{40}).*(?=-----END)/s, "$1\n")],
    ["another thing", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"],
  ])("refuses %s", (_, pem) => {
    expect(() => readFacts(pem)).toThrow(expect.objectContaining({ code: "bad_certificate" }));
  });
});
