/** Signed bytes of each format and its options, by the vectors that Python uses too; nothing else is signed. */

import { readFileSync } from "node:fs";

import { unhex } from "@mshield/gm";
import { expect, test } from "vitest";

import { checkDocument } from "../src/documents.ts";
import { readTask, type Task } from "../src/messages.ts";

interface Case {
  readonly format: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly signing_time: number | null;
  readonly M: string;
}
interface Vectors {
  readonly title: string;
  readonly media_type: string;
  readonly content: string;
  readonly display: readonly unknown[];
  readonly messages: readonly Case[];
  readonly refused: readonly {
    readonly comment: string;
    readonly format: string;
    readonly changes: Readonly<Record<string, unknown>>;
  }[];
}

const FILE = new URL("../../../../vectors/messages.json", import.meta.url);
const { messages, refused, title, media_type, content, display } = JSON.parse(
  readFileSync(FILE, "utf8"),
) as Vectors;
const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");

const OFD_LISTS = JSON.parse(
  readFileSync(new URL("../../../../vectors/ofd-lists.json", import.meta.url), "utf8"),
) as Vectors;

function taskOf(one: Case, changes: Readonly<Record<string, unknown>> = {}): Task {
  return readTask({
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
    format: one.format,
    options: one.options,
    ...(one.signing_time !== null && { signing_time: one.signing_time }),
    message_b64: base64(one.M),
    content_b64: base64(content),
    ...changes,
  });
}

test.for(messages)("$format $options", (one) => {
  const task = taskOf(one);
  checkDocument(task);
  const others: Partial<Task>[] = [];
  if (task.options.attributes || one.format === "gb35275_digest") {
    others.push({ message: unhex(`${one.M}00`) }, { message: unhex(`${one.M.slice(0, -2)}00`) });
    others.push({ content: unhex("00") });
  }
  if (task.options.attributes) {
    others.push({ title: "another" }, { display: [] }, { signingTime: 1000 });
  }
  for (const other of others) {
    expect(() => checkDocument({ ...task, ...other })).toThrow("bad_task");
  }
});

test.for(refused)("refused: $comment", ({ format, changes }) => {
  const one = messages.find((message) => message.format === format && message.signing_time === null)!;
  expect(() => checkDocument(taskOf(one, { options: { ...one.options, ...changes } }))).toThrow("bad_task");
});

test.for(OFD_LISTS.messages)("refuses an OFD list: $format $options", (one) => {
  const task = taskOf(one, {
    title: OFD_LISTS.title,
    media_type: OFD_LISTS.media_type,
    display: OFD_LISTS.display,
    content_b64: base64(OFD_LISTS.content),
  });
  expect(() => checkDocument(task)).toThrow("bad_task");
});

test("refuses a document without options of a format that has some", () => {
  for (const one of messages.filter(({ format }) => format !== "raw")) {
    expect(() => taskOf(one, { options: undefined })).toThrow("bad_task");
  }
});

test("refuses base64 in another spelling", () => {
  const raw = messages.find(({ format }) => format === "raw")!;
  for (const other of ["QR==", "QQ", "Q-==", "QQ==\n"]) {
    expect(() => taskOf(raw, { message_b64: other })).toThrow("malformed");
  }
});

test("accepts an attribute of the operator's own arc only if the phone knows it", () => {
  const own = messages.find(({ format }) => format === "gb35275")!;
  expect(() => checkDocument(taskOf(own), ["2.999.1"])).toThrow("bad_task");
  checkDocument(taskOf(own), [String(own.options["display_oid"])]);
});
