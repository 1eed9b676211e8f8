/**
 * Makes the receipt of a signature for tests/frontend/test_receipt.py. Reads `{ drawing, jpeg_b64 }` from standard
 * input and writes the PDF to standard output. Without a canvas, the JPEG is the picture of each page.
 */

import { readFileSync, writeFileSync } from "node:fs";

import type { SignatureDetail } from "@mshield/shield";
import type { DrawnLines } from "@mshield/views";

import { pdfOf } from "../src/screens/me/signatures/keep/pdf_file.ts";
import { layOutReceipt } from "../src/screens/me/signatures/keep/receipt_layout.ts";
import { receiptLines } from "../src/screens/me/signatures/keep/receipt.ts";
import { words as own } from "../src/screens/me/signatures/keep/words.ts";
import { words as list } from "../src/screens/me/signatures/words.ts";

/** Returns texts of a Chinese word list by their dotted keys. */
function sayFrom(texts: object) {
  return (key: string, values: Record<string, unknown> = {}): string => {
    const text: unknown = key.split(".").reduce<any>((at, part) => at[part], texts);
    return Object.entries(values).reduce(
      (said, [name, value]) => said.replaceAll(`{${name}}`, String(value)),
      String(text),
    );
  };
}

const given = JSON.parse(readFileSync(0, "utf8")) as { drawing: DrawnLines; jpeg_b64: string };
const sid = "7f3a2c11".repeat(4);
const detail = {
  sid,
  kind: "signature",
  title: "出口货物报关单",
  lines: [{ label: "申报总价", value: "美元 86,000.00" }],
  businessName: "国际贸易单一窗口",
  domain: "singlewindow.example",
  requestId: null,
  serial: "0102",
  contentDigest: "ab".repeat(32),
  digest: "cd".repeat(32),
  signature: "ef".repeat(64),
  logIndex: 7,
  isDisplayBound: true,
  drawing: given.drawing,
  confirmed: "mismatch",
  signer: {
    name: "林知远",
    organisation: "宁波北潮进出口有限公司",
    creditCode: "91330206MA2XB7C1TW",
    role: "operator",
    shieldNumber: "MS21160254079",
  },
} as unknown as SignatureDetail;
const name = "evidence-7f3a2c11.json";
const words = { of: sayFrom(list.zh), own: sayFrom(own.zh), language: "zh-CN" };
const lines = receiptLines(detail, words, { when: "2026-12-02 09:41:26", name, stamps: 1 });
const sheets = layOutReceipt(words.own("printed"), lines, `${words.own("printed")}  ${sid}`, (text, font) => {
  const size = Number(/ (?<size>\d+)px/.exec(font)?.groups?.["size"]);
  return Array.from(text, (sign) => (sign >= "\u1100" ? size : size * 0.6)).reduce(
    (sum, wide) => sum + wide,
    0,
  );
});
const jpeg = Buffer.from(given.jpeg_b64, "base64");
const file = pdfOf(
  sheets.map(({ texts }) => ({ jpeg, width: 8, height: 8, texts })),
  {
    name,
    subtype: "application#2Fjson",
    description: words.own("bundleText"),
    content: new TextEncoder().encode('{"form":"证据"}'),
  },
  { title: words.own("printed"), language: words.language, createdAt: Date.UTC(2026, 11, 2), id: sid },
);
writeFileSync(1, file);
