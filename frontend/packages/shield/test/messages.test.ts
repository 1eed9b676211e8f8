/** What is signed by each format and its options, by the vectors that Python takes too; nothing else is. */

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
    signing_time: one.signing_time,
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

test("an older service tells no options: any attribute that the phone knows will do", () => {
  for (const one of messages.filter((message) => message.format.startsWith("cms"))) {
    checkDocument(taskOf(one, { options: undefined }));
  }
  expect(() =>
    taskOf(
      messages.find(({ format }) => format === "gb35275")!,
      { options: undefined },
    ),
  ).toThrow();
});

test("an attribute of the operator's own arc is one of those that the phone was told", () => {
  const own = messages.find(({ format }) => format === "gb35275")!;
  expect(() => checkDocument(taskOf(own), ["2.999.1"])).toThrow("bad_task");
  checkDocument(taskOf(own), [String(own.options["display_oid"])]);
});
