/**
 * Signed bytes of a PDF's embedded signature, by the vectors that Python uses too; nothing else is signed.
 */

import { readFileSync } from "node:fs";

import { finishedFile, gapIn } from "@mshield/forms";
import { hex, unhex } from "@mshield/gm";
import { expect, test } from "vitest";

import { checkDocument } from "../src/documents.ts";
import { readTask } from "../src/messages.ts";
import { shownContent } from "../src/pdf_document.ts";

interface Case {
  readonly options: Readonly<Record<string, unknown>>;
  readonly M: string;
}
interface Vectors {
  readonly title: string;
  readonly media_type: string;
  readonly content: string;
  readonly display: readonly unknown[];
  readonly update: string;
  readonly gap: readonly [number, number];
  readonly certificate: string;
  readonly messages: readonly Case[];
  readonly refused: readonly {
    readonly comment: string;
    readonly from: number;
    readonly to: number;
    readonly put: string;
  }[];
}

const FILE = new URL("../../../../vectors/pdf.json", import.meta.url);
const { messages, refused, title, media_type, content, display, update, gap, certificate } = JSON.parse(
  readFileSync(FILE, "utf8"),
) as Vectors;
const base64 = (digits: string): string => Buffer.from(digits, "hex").toString("base64");
const OWN = unhex(certificate);

function check(
  one: Case,
  changes: Readonly<Record<string, unknown>> = {},
  own: Uint8Array | null = OWN,
): void {
  const task = readTask({
    sid: "",
    uid: "",
    purpose: "sign",
    state: "waiting",
    size: null,
    view: null,
    drawn: null,
    title,
    media_type,
    display,
    gap,
    format: "pdf",
    options: one.options,
    message_b64: base64(one.M),
    content_b64: base64(content),
    update_b64: base64(update),
    ...changes,
  });
  checkDocument(task, undefined, own);
  expect(hex(shownContent(task)!)).toBe(content + update);
}

const bad = expect.objectContaining({ code: "bad_task" });

test.for(messages)("$options", (one) => {
  check(one);
  const [start, end] = gap;
  const others: Readonly<Record<string, unknown>>[] = [
    { message_b64: base64(`${one.M}00`) },
    { message_b64: "" },
    { content_b64: base64(content.replace("3130302e3030", "3930302e3030")) },
    { content_b64: null, size: content.length / 2 },
    { gap: [start, end - 2] },
    { gap: [] },
    { media_type: "application/xml" },
    { signing_time: 1000 },
    ...messages.filter((message) => message !== one).map(({ options }) => ({ options })),
  ];
  if (one.options["bind_display"] === true) {
    others.push({ title: "another" }, { display: [] });
  }
  for (const other of others) {
    expect(() => check(one, other)).toThrow(bad);
  }
  if (one.options["pdf_signature"] === "cades") {
    expect(() => check(one, {}, new Uint8Array(32))).toThrow(bad);
    expect(() => check(one, {}, null)).toThrow(bad);
  }
});

test.for(refused)("refused: $comment", ({ from, to, put }) => {
  const other = update.slice(0, 2 * from) + put + update.slice(2 * to);
  expect(() => check(messages[0]!, { update_b64: base64(other) })).toThrow(bad);
});

test("the signature fills the gap and nothing else", () => {
  const [start, end] = gapIn(unhex(content), unhex(update));
  const room = (end - start - 2) / 2;
  const file = finishedFile(unhex(content), unhex(update), new Uint8Array(room).fill(0xab, 0, 3));
  const digits = Buffer.from(file.subarray(start + 1, end - 1)).toString();
  expect(digits).toBe("ababab".padEnd(2 * room, "0"));
  const whole = content + update;
  expect(hex(file.subarray(0, start + 1))).toBe(whole.slice(0, 2 * start + 2));
  expect(hex(file.subarray(end - 1))).toBe(whole.slice(2 * end - 2));
  expect(() => finishedFile(unhex(content), unhex(update), new Uint8Array(room + 1))).toThrow(/longer/);
});
