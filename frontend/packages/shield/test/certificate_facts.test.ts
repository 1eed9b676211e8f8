/** What is read of a certificate that the service issued, and that anything else is refused. */

import { describe, expect, test } from "vitest";

import { readFacts, readPem } from "../src/index.ts";

const PEM = `-----BEGIN CERTIFICATE-----
MIIDVzCCAv2gAwIBAgIUYa5x2wXsihvWRh2ceb9RHZHAgUcwCgYIKoEcz1UBg3Uw
QDELMAkGA1UEBhMCQ04xFjAUBgNVBAoMDU1vYmlsZSBTaGllbGQxGTAXBgNVBAMM
EE1vYmlsZSBTaGllbGQgQ0EwHhcNMjYxMTI1MjIxNzE0WhcNMjgxMTI0MjIxNzE0
WjBhMQswCQYDVQQGEwJDTjEqMCgGA1UECgwh5a6B5rOi5YyX5r2u6L+b5Ye65Y+j
5pyJ6ZmQ5YWs5Y+4MRIwEAYDVQQLDAnmk43kvZzlkZgxEjAQBgNVBAMMCeael+ef
pei/nDBZMBMGByqGSM49AgEGCCqBHM9VAYItA0IABM+wJeeC3882bYEpKc9/fSSn
J6CRss29wSVzAG4IPL06AbnQfeVsMWVwX24GcHWHeEVy5rldvDswLZ8/WIiUS0Sj
ggGyMIIBrjAOBgNVHQ8BAf8EBAMCBsAwHwYDVR0jBBgwFoAUjPc09/kPsRe2W+pe
f8EYsVvhKbMwHQYDVR0OBBYEFI+dszBn0K9RWWc+lyyIobHGXsyOMDcGA1UdHwQw
MC4wLKAqoCiGJmh0dHA6Ly9sb2NhbGhvc3Q6NTQ2OTkvcGtpL2lzc3VpbmcuY3Js
MG8GCCsGAQUFBwEBBGMwYTArBggrBgEFBQcwAYYfaHR0cDovL2xvY2FsaG9zdDo1
NDY5OS9wa2kvb2NzcDAyBggrBgEFBQcwAoYmaHR0cDovL2xvY2FsaG9zdDo1NDY5
OS9wa2kvaXNzdWluZy5jZXIwIAYDVR0gBBkwFzAVBhNp9OPCv7vbwom3lLKr6rHa
jc43MBMGA1UdJQQMMAoGCCsGAQUFBwMkMFkGCCqBHNAUBAEBBE2gSxNJSE1BQy1T
TTM6MmY5MmJkY2M5ZWQ5Y2I2MDk0ODkzYzkwODJjOTg1YzE1NzdkMWU2YzAyNjg3
Nzg5MTIwM2IxNDI0MWIxYjgwNjAgBggqgRzQFAQBBAQUExI5MTMzMDIwNk1BMlhC
N0MxVFcwCgYIKoEcz1UBg3UDSAAwRQIgdLz86aotuquDg8vlIYn3t2CwdYkngb/6
6+oXK807gukCIQDJgf4IrbdAQ/oe9OvOvO4nlGJXHjfsU/sgsj1teAEXjA==
-----END CERTIFICATE-----
`;

describe("a shield's certificate", () => {
  test("says who issued it, for what, and where its status stands", () => {
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
  ])("%s is refused", (_, pem) => {
    expect(() => readFacts(pem)).toThrow(expect.objectContaining({ code: "bad_certificate" }));
  });
});
