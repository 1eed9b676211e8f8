/** Recognition of files. */

import { toBase64 } from "@mshield/forms";
import { bytes32, concat, fromDer, hex, utf8 } from "@mshield/gm";
import { expect, test } from "vitest";

import { toPem } from "../src/certificate.ts";
import { recognise } from "../src/index.ts";
import { bytes } from "./signed.ts";

const kindOf = (content: Uint8Array, name = "file"): string => recognise(content, name).kind;

test.for([
  ["bundle", "evidence"],
  ["digest_bundle", "evidence"],
  ["detached", "cms"],
  ["signature", "signature"],
  ["leaf", "certificates"],
  ["crl", "crl"],
  ["ocsp", "ocsp"],
  ["content", "document"],
] as const)("%s is %s", ([name, kind]) => {
  expect(kindOf(bytes(name))).toBe(kind);
});

test("recognises PEM and base64 of each", () => {
  expect(kindOf(utf8(toPem(toBase64(bytes("leaf"))) + toPem(toBase64(bytes("issuing")))))).toBe(
    "certificates",
  );
  expect(kindOf(utf8(toPem(toBase64(bytes("detached"))).replaceAll("CERTIFICATE", "PKCS7")))).toBe("cms");
  expect(kindOf(utf8(`${toBase64(bytes("signature"))}\n`))).toBe("signature");
  expect(kindOf(utf8(hex(bytes("signature")).toUpperCase()))).toBe("signature");
});

test("recognises r ‖ s only if the name says that it is a signature", () => {
  const { r, s } = fromDer(bytes("signature"));
  const raw = utf8(toBase64(concat(bytes32(r), bytes32(s))));
  expect(kindOf(raw, "a.xml.sig")).toBe("signature");
  const fromZero = utf8(toBase64(concat(Uint8Array.of(0xd2), bytes32(r).slice(1), bytes32(s))));
  expect([fromZero[0], kindOf(fromZero, "a.xml.sig")]).toEqual([0x30, "signature"]);
  expect(kindOf(raw, "a.txt")).toBe("document");
});

test("recognises a damaged bundle or CMS, so that its fault is reported", () => {
  expect(kindOf(bytes("bundle").subarray(0, -40))).toBe("evidence");
  expect(kindOf(bytes("detached").subarray(0, -40))).toBe("cms");
});

test.for([
  [
    "a certificate of another kind",
    "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
    "unreadable",
  ],
  ["a PEM without a body", "-----BEGIN CMS-----\n", "unreadable"],
  ["a private key", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "unreadable"],
  ["some JSON", '{"a":1}', "document"],
  ["nothing", "", "document"],
  ["zeros and words", "0 hello", "document"],
] as const)("%s", ([, text, kind]) => {
  expect(kindOf(utf8(text))).toBe(kind);
});
