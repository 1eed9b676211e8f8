/** The verdict and its checks: valid only if all needed checks passed; failures first. */

import { readFileSync } from "node:fs";

import { toBase64 } from "@mshield/forms";
import { hex, sm3, utf8 } from "@mshield/gm";
import { describe, expect, test } from "vitest";

import { contentOfCase, parseCrl, parseForeignCertificates, type Result } from "../src/index.ts";
import { recognise } from "../src/recognise.ts";
import { assembled, bytes, verified, NOW, SIGNED_AT } from "./signed.ts";

const vector = (file: string): Uint8Array =>
  readFileSync(new URL(`../../../../vectors/formats/${file}`, import.meta.url));
const print = (content: Uint8Array): string => hex(sm3(content));
const stateOf = ({ checks }: Result, name: string): string | undefined =>
  checks.find((check) => check.name === name)?.state;
const codeOf = ({ checks }: Result, name: string): string | null | undefined =>
  checks.find((check) => check.name === name)?.code;

describe("a bundle", () => {
  test("is valid without any call", async () => {
    const result = await verified({ "a.json": bytes("bundle") });
    expect(result).toMatchObject({ verdict: "valid", signedAt: SIGNED_AT });
    expect(result.signer).toMatchObject({ name: "张伟", role: "操作员", creditCode: "91440300MA5EXAMPL6" });
    expect(codeOf(result, "now")).toBe("not_asked");
    expect(stateOf(result, "display")).toBe("passed");
  });

  test("without its document is incomplete, and valid with it", async () => {
    const alone = await verified({ "a.json": bytes("digest_bundle") });
    expect(alone.verdict).toBe("incomplete");
    expect(alone.checks[0]).toMatchObject({ name: "content", code: "no_document" });
    const both = await verified({ "a.json": bytes("digest_bundle"), "b.xml": bytes("content") });
    expect(both.verdict).toBe("valid");
    const other = await verified({ "a.json": bytes("digest_bundle"), "b.xml": utf8("<other/>") });
    expect(other.checks[0]).toMatchObject({ name: "content", state: "failed", code: "message_mismatch" });
  });

  test("of an unknown log is never valid", async () => {
    const result = await verified({ "a.json": bytes("bundle") }, { logKeys: [] });
    expect(result.verdict).toBe("incomplete");
    expect(result.checks[0]).toMatchObject({ name: "log", code: "unknown_log" });
  });

  test("names its log's key in one spelling only", async () => {
    const text = new TextDecoder().decode(bytes("bundle"));
    const found = JSON.parse(text) as { log: { key: string } };
    for (const key of [`${found.log.key} `, `\n${found.log.key}`]) {
      const changed = JSON.stringify({ ...found, log: { ...found.log, key } });
      const result = await verified({ "a.json": utf8(changed) });
      expect(result.checks[0]).toMatchObject({ name: "log", state: "failed", code: "bad_log_form" });
    }
  });

  test("is neither valid nor invalid if no root is trusted", async () => {
    const result = await verified({ "a.json": bytes("bundle") }, { roots: [] });
    expect(result.verdict).toBe("incomplete");
    expect(result.checks[0]).toMatchObject({ name: "chain", code: "no_root" });
  });

  test("that is truncated is invalid, and reports that", async () => {
    const result = await verified({ "a.json": bytes("bundle").subarray(0, -20) });
    expect(result.verdict).toBe("invalid");
    expect(result.checks[0]).toMatchObject({ name: "input", code: "unreadable" });
    expect(result.signer).toBeNull();
  });

  test("keeps its verdict if the service's answer is unusable", async () => {
    for (const ocsp of [utf8("<html>"), Uint8Array.of(0x30, 3, 10, 1, 6), bytes("ocsp")]) {
      const result = await verified({ "a.json": bytes("bundle") }, { answer: { state: "answered", ocsp } });
      expect(result.verdict).toBe("valid");
      expect(stateOf(result, "now")).toBe("unchecked");
    }
  });
});

describe("a bare signature", () => {
  const files = { "a.xml": bytes("content"), "a.xml.sig": bytes("signature"), "leaf.cer": bytes("leaf") };

  test("is incomplete while the certificate's status is unknown", async () => {
    const result = await verified(files);
    expect(result.verdict).toBe("incomplete");
    expect(codeOf(result, "revocation")).toBe("not_asked");
  });

  test("is valid by an answer, and by a list, while they are in force", async () => {
    for (const status of ["ocsp", "crl"]) {
      const result = await verified({ ...files, [status]: bytes(status) }, { now: NOW + 60_000 });
      expect(result).toMatchObject({ verdict: "valid", judgedAt: NOW });
      const late = await verified({ ...files, [status]: bytes(status) }, { now: NOW + 9 * 86_400_000 });
      expect(late.verdict).toBe("incomplete");
      expect(codeOf(late, "revocation")).toBe("old_status");
    }
    const both = await verified(
      { ...files, crl: bytes("crl"), root: bytes("root_crl") },
      { now: NOW + 1000 },
    );
    expect(stateOf(both, "issuers")).toBe("passed");
  });

  test("is invalid if a good status was given and the service answers revoked", async () => {
    const answer = { state: "answered" as const, ocsp: bytes("revoked") };
    const result = await verified({ ...files, ocsp: bytes("ocsp") }, { now: NOW + 60_000, answer });
    expect(result.verdict).toBe("invalid");
    expect(result.checks[0]).toMatchObject({ name: "revocation", code: "revoked" });
  });

  test("is not affected by an expired list of the service", async () => {
    const answer = { state: "answered" as const, ocsp: bytes("ocsp") };
    const crls = [parseCrl(bytes("root_crl"))];
    const fresh = await verified(files, { now: NOW + 1000, answer, crls });
    expect(stateOf(fresh, "issuers")).toBe("passed");
    const late = await verified(files, { now: NOW + 40 * 86_400_000, crls });
    expect(late.verdict).toBe("incomplete");
    expect(stateOf(late, "issuers")).toBe("unchecked");
  });

  test("is valid by the service's present answer", async () => {
    const answer = { state: "answered" as const, ocsp: bytes("ocsp") };
    const result = await verified(files, { now: NOW + 1000, answer });
    expect(result.verdict).toBe("valid");
    const page = await verified(files, { now: NOW + 1000, answer: { ...answer, ocsp: utf8("<html>") } });
    expect(page.verdict).toBe("incomplete");
    expect(codeOf(page, "revocation")).toBe("no_answer");
  });

  test("reports what is missing", async () => {
    const { "leaf.cer": _, ...noCertificate } = files;
    expect(codeOf(await verified(noCertificate), "chain")).toBe("no_certificate");
    const { "a.xml": __, ...noDocument } = files;
    expect(codeOf(await verified(noDocument), "content")).toBe("no_document");
  });

  test("over another document is invalid", async () => {
    const result = await verified({ ...files, "a.xml": utf8("<other/>"), ocsp: bytes("ocsp") });
    expect(result.checks[0]).toMatchObject({ name: "signature", code: "bad_signature" });
  });
});

describe("the document reported as signed", () => {
  const content = bytes("content");
  const signed = { size: content.length, digest: print(content) };
  const other = { "hello.txt": utf8("hello") };

  test("is the content inside, whatever file is given with it", async () => {
    const files = { "a.json": bytes("bundle"), ...other };
    const { document, verdict } = await verified(files);
    expect({ verdict, document }).toMatchObject({
      verdict: "invalid",
      document: { ...signed, name: null, other: "hello.txt" },
    });
    const inside = await contentOfCase((await assembled(files)).cases[0]!);
    expect(inside).toMatchObject({ isInside: true, content: { size: content.length } });
    const { document: named } = await verified({ "a.json": bytes("bundle"), "b.xml": content });
    expect(named).toMatchObject({ ...signed, name: "b.xml", other: null });
    const p7 = { "a.p7s": vector("p7/gb-attrs-time.p7s") };
    const { document: alone } = await verified(p7);
    const { document: beside } = await verified({ ...p7, ...other });
    expect(beside).toEqual({ ...alone, name: null, other: "hello.txt" });
  });

  test("is never a file that the signature isn't over", async () => {
    for (const file of ["detached", "digest_bundle"]) {
      const files = { "a.p7s": bytes(file), ...other };
      expect((await verified(files)).document).toMatchObject({
        name: null,
        other: "hello.txt",
        digest: signed.digest,
      });
      expect(await contentOfCase((await assembled(files)).cases[0]!)).toBeNull();
    }
  });

  test("has its own size and fingerprint", async () => {
    const bundle = JSON.parse(new TextDecoder().decode(bytes("bundle"))) as {
      document: { content_b64: string };
    };
    bundle.document.content_b64 = toBase64(utf8("<other/>"));
    const { document } = await verified({ "a.json": utf8(JSON.stringify(bundle)) });
    expect(document).toMatchObject({ size: 8, digest: print(utf8("<other/>")) });
  });
});

describe("files", () => {
  test("are matched by digest among many, and unused ones are reported", async () => {
    const all = await assembled({
      "one.p7s": bytes("detached"),
      "two.json": bytes("bundle"),
      "other.txt": utf8("other"),
      "b.xml": bytes("content"),
    });
    expect(all.cases.map(({ piece, document }) => [piece.name, document?.name])).toEqual([
      ["one.p7s", "b.xml"],
      ["two.json", "b.xml"],
    ]);
    expect(all.unused.map(({ name }) => name)).toEqual(["other.txt"]);
  });

  test("a signature finds its document by name or by trying", async () => {
    const all = await assembled({
      "x.txt": utf8("x"),
      "a.xml": bytes("content"),
      "s.bin": bytes("signature"),
      "leaf.cer": bytes("leaf"),
      "ca.cer": bytes("issuing"),
    });
    expect(all.cases[0]).toMatchObject({ document: { name: "a.xml" } });
    expect(all.cases[0]!.certificate).not.toBeNull();
  });
});

describe("a P7 made by others", () => {
  const AT = Date.parse("2026-08-15T06:00:00Z");
  const foreignRoots = parseForeignCertificates(vector("ca/root.cer"));
  const issuing = parseForeignCertificates(vector("ca/issuing.cer"));

  test("of attributes signed in the order of the file is right, in any third order it isn't", async () => {
    const document = { "b.xml": vector("p7/ofd-as-sent.xml") };
    const right = await verified({ "a.p7s": vector("p7/ofd-as-sent.p7s"), ...document });
    expect(stateOf(right, "signature")).toBe("passed");
    const other = await verified({ "a.p7s": vector("p7/ofd-third-order.p7s"), ...document });
    expect(other.verdict).toBe("invalid");
  });

  test("without a trusted root is right but unknown, whatever its form", async () => {
    const p7 = vector("p7/gb-attrs-time.p7s");
    for (const file of [p7, utf8(toBase64(p7)), vector("p7/gb-ber.p7s")]) {
      const result = await verified({ "a.p7s": file });
      expect(result).toMatchObject({ kind: "p7", verdict: "incomplete", rootSha256: null });
      expect(stateOf(result, "signature")).toBe("passed");
      expect(codeOf(result, "chain")).toBe("no_root");
      expect(result.signer?.name).not.toBe("");
    }
  });

  test("of a trusted root needs a status, and gets one by an OCSP answer", async () => {
    const from = { now: AT, foreignRoots: [...foreignRoots, ...issuing] };
    const open = await verified({ "a.p7s": vector("p7/gb-attrs.p7s") }, from);
    expect([open.verdict, codeOf(open, "revocation")]).toEqual(["incomplete", "foreign_ca"]);
    const givenOcsp = vector("ocsp/good.der");
    const good = await verified({ "a.p7s": vector("p7/gb-attrs.p7s") }, { ...from, givenOcsp });
    expect(good.verdict).toBe("valid");
    const revoked = { ...from, givenOcsp: vector("ocsp/revoked.der") };
    expect((await verified({ "a.p7s": vector("p7/gb-attrs.p7s") }, revoked)).verdict).toBe("invalid");
  });

  test("is invalid if anything is wrong, and needs its content if it is detached", async () => {
    expect((await verified({ "a.p7s": vector("p7/bad-signature.p7s") })).verdict).toBe("invalid");
    const detached = vector("p7/gb-detached-attrs.p7s");
    expect(codeOf(await verified({ "a.p7s": detached }), "content")).toBe("no_document");
    const both = await verified({ "a.p7s": detached, "a.bin": vector("content.bin") });
    expect(stateOf(both, "content")).toBe("passed");
    const other = await verified({ "a.p7s": detached, "a.bin": utf8("other") });
    expect(codeOf(other, "content")).toBe("message_mismatch");
    const foreign = vector("p7/bad-attrs-as-content.p7s");
    expect(codeOf(await verified({ "a.p7s": foreign }), "content")).toBe("ambiguous");
  });
});

describe("an XML or PDF with an embedded signature", () => {
  const now = Date.parse("2026-08-15T06:00:00Z");
  const roots = ["ca/root.cer", "ca/issuing.cer"].flatMap((name) => parseForeignCertificates(vector(name)));
  const names = [
    "xml/eport.xml",
    "xml/plain-exclusive.xml",
    "pdf/pkcs7-detached.pdf",
    "pdf/cades.pdf",
  ] as const;

  test.for(names)("%s is right but unknown without a trusted root, and valid under its own", async (name) => {
    const alone = await verified({ [name]: vector(name) });
    expect(alone).toMatchObject({ kind: "signed_file", verdict: "incomplete", rootSha256: null });
    expect([stateOf(alone, "signature"), codeOf(alone, "chain")]).toEqual(["passed", "no_root"]);
    expect(alone.signer?.name).not.toBe("");
    const known = { now, foreignRoots: roots, givenOcsp: vector("ocsp/good.der") };
    expect((await verified({ [name]: vector(name) }, known)).verdict).toBe("valid");
  });

  test.for([
    ["xml/bad-content.xml", "content", "message_mismatch"],
    ["xml/bad-signature.xml", "signature", "bad_signature"],
    ["xml/w3-uri-sha1.xml", "input", "unreadable"],
    ["pdf/bad-appended.pdf", "content", "changed_after"],
    ["pdf/bad-content.pdf", "content", "message_mismatch"],
  ] as const)("%s fails at its %s", async ([name, check, code]) => {
    const result = await verified({ [name]: vector(name) });
    expect([result.verdict, codeOf(result, check)]).toEqual(["invalid", code]);
    expect(result.signer).toBeNull();
  });

  test("the signed part of an XML is its canonical form, and a PDF without a signature is a document", async () => {
    const commented = await verified({ "a.xml": vector("xml/eport-characters.xml") });
    expect(commented.document).toMatchObject({ name: null });
    expect(recognise(vector("pdf/bad-unsigned.pdf"), "a.pdf").kind).toBe("document");
  });
});
