/** The receipt's PDF, read by pdf.js: its pages, its title, and the bundle of evidence octet for octet. */

import type { SignatureDetail } from "@mshield/shield";
import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";
import { expect, test } from "vitest";

import { pdfOf } from "../src/screens/me/signatures/keep/pdf_file.ts";
import { receiptLines } from "../src/screens/me/signatures/keep/receipt.ts";

/** 1 × 1, white. */
const JPEG = Uint8Array.from(
  atob(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVN//2Q==",
  ),
  (sign) => sign.charCodeAt(0),
);

const say = (name: string, values?: Record<string, unknown>): string =>
  values ? `${name} ${Object.values(values).join()}` : name;

test("pages, title and attachment are what was put in", async () => {
  const content = new TextEncoder().encode('{"form":"证据"}\nendstream\nendobj\n');
  const page = { jpeg: JPEG, width: 1, height: 1 };
  const file = pdfOf(
    [page, page],
    { name: "evidence-7f3a2c11.json", subtype: "application#2Fjson", content },
    { title: "手机盾回执 7f3a2c11", language: "zh-CN", createdAt: Date.UTC(2026, 10, 29, 1, 2, 3) },
  );
  const task = getDocument({ data: file.slice(), verbosity: 0 });
  const document = await task.promise;
  expect(document.numPages).toBe(2);
  const { info } = await document.getMetadata();
  expect(info).toMatchObject({
    Title: "手机盾回执 7f3a2c11",
    CreationDate: "D:20261129010203Z",
    Language: "zh-CN",
  });
  const [[id, attached] = []] = [...((await document.getAttachments()) ?? [])];
  expect(attached?.filename).toBe("evidence-7f3a2c11.json");
  const octets = (await document.getAttachmentContent(id!)) as unknown as Uint8Array;
  expect([...octets]).toEqual([...content]);
  const operators = await (await document.getPage(2)).getOperatorList();
  expect(operators.argsArray.flat()).toContain(1);
  await task.destroy();
});

test("a login's receipt has no fields, what nobody knows has no line, and the last one says what proves it", () => {
  const detail = {
    kind: "login",
    title: "登录",
    lines: [],
    businessName: "单一窗口",
    domain: null,
    requestId: null,
    sid: "7f3a2c11".repeat(4),
    serial: "00",
    contentDigest: null,
    digest: "aa",
    signature: "bb",
    logIndex: 7,
  } as unknown as SignatureDetail;
  const lines = receiptLines(detail, { of: say, own: say, language: "zh-CN" }, "2026-11-29", "evidence.json");
  const names = lines.flatMap((line) => ("name" in line ? [line.name] : []));
  expect(names).toContain("detail.system");
  expect(names).not.toContain("detail.domain");
  expect(names).not.toContain("detail.request");
  expect(lines.some((line) => "heading" in line && line.heading === "detail.what")).toBe(false);
  expect(lines.at(-1)).toEqual({ remark: "noProof evidence.json" });
});
