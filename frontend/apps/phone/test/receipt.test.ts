/** The receipt's PDF, read by pdf.js: its pages, title, text, and the evidence bundle, byte for byte. */

import type { SignatureDetail } from "@mshield/shield";
import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";
import { expect, test } from "vitest";

import { pdfOf } from "../src/screens/me/signatures/keep/pdf_file.ts";
import { layOutReceipt, type ReceiptLine } from "../src/screens/me/signatures/keep/receipt_layout.ts";
import { receiptLines } from "../src/screens/me/signatures/keep/receipt.ts";

/** A white image of 1 × 1 pixels. */
const JPEG = Uint8Array.from(
  atob(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVN//2Q==",
  ),
  (sign) => sign.charCodeAt(0),
);

const say = (name: string, values?: Record<string, unknown>): string =>
  values ? `${name} ${Object.values(values).join()}` : name;

test("pages, title and attachment are read back as written", async () => {
  const content = new TextEncoder().encode('{"form":"证据"}\nendstream\nendobj\n');
  const lines: ReceiptLine[] = [
    { heading: "签名人" },
    { name: "姓名", value: "𠮷野 ✓ Ωmega" },
    ...Array.from({ length: 40 }, (_, n) => ({ name: `商品 ${String(n + 1)}`, value: "数控车床刀塔" })),
  ];
  const sheets = layOutReceipt("签署回执", lines, "foot", (text) => [...text].length * 8);
  const file = pdfOf(
    sheets.map(({ texts }) => ({ jpeg: JPEG, width: 1, height: 1, texts })),
    { name: "evidence-7f3a2c11.json", subtype: "application#2Fjson", description: "证据包", content },
    {
      title: "手机盾回执 7f3a2c11",
      language: "zh-CN",
      createdAt: Date.UTC(2026, 10, 29, 1, 2, 3),
      id: "7f3a2c11".repeat(4),
    },
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
  const texts = await Promise.all(
    [1, 2].map(async (n) => {
      const { items } = await (await document.getPage(n)).getTextContent();
      return items.flatMap((item) => ("str" in item ? [item.str] : [])).join("");
    }),
  );
  expect(texts[0]).toContain("签名人姓名 𠮷野 ✓ Ωmega商品 1 数控车床刀塔");
  expect(texts[1]).toContain("商品 40 数控车床刀塔foot 2 / 2");
  await task.destroy();
});

test("a login's receipt has no fields, unknown values have no line, and the last line names the proof", () => {
  const detail = {
    kind: "login",
    title: "登录",
    lines: [],
    drawing: null,
    confirmed: null,
    signer: null,
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
  const about = { when: "2026-11-29", name: "evidence.json", stamps: 1 };
  const lines = receiptLines(detail, { of: say, own: say, language: "zh-CN" }, about);
  const names = lines.flatMap((line) => ("name" in line ? [line.name] : []));
  expect(names).toContain("detail.system");
  expect(names).not.toContain("detail.domain");
  expect(names).not.toContain("detail.request");
  expect(lines.some((line) => "heading" in line && line.heading === "detail.what")).toBe(false);
  expect(lines).toContainEqual({ name: "head.source", value: "stamped 1" });
  expect(lines.at(-1)).toEqual({ remark: "noProof evidence.json" });
});
