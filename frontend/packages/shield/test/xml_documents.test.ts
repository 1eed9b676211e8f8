/** XML is signed only in its canonical form, with the SignedInfo that this phone computes of it. */

import { readOptions } from "@mshield/forms";
import { utf8 } from "@mshield/gm";
import { xmlMessage } from "@mshield/forms/xml.ts";
import { expect, test } from "vitest";

import { checkDocument } from "../src/documents.ts";
import { readTask, type Task } from "../src/messages.ts";

const OPTIONS = { profile: "eport-2022", key_name: "shield" };
const GOOD = "<a>1</a>";
const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString("base64");

function task(content: string, changes: Readonly<Record<string, unknown>> = {}): Task {
  return readTask({
    sid: "",
    uid: "",
    purpose: "sign",
    state: "waiting",
    title: "t",
    media_type: "application/xml",
    display: [],
    format: "xml",
    options: OPTIONS,
    message_b64: base64(xmlMessage(utf8(GOOD), "eport-2022")),
    content_b64: base64(content),
    size: null,
    ...changes,
  });
}

test.for(["application/xml", "text/xml; charset=UTF-8", "application/a+xml"])("accepts %s", (mediaType) => {
  checkDocument(task(GOOD, { media_type: mediaType }));
});

test.for([
  "<a/>",
  `${GOOD}\n`,
  `<?xml version="1.0"?>${GOOD}`,
  `${GOOD}<!-- 2 -->`,
  "<a><?b c?></a>",
  "<a b='1'></a>",
  '<a b="1" a="2"></a>',
  '<a xml:lang="zh"></a>',
  '<a><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"></Signature></a>',
  `${"<a>".repeat(65)}${"</a>".repeat(65)}`,
  "",
  "text",
  "<a>2</a>",
])("refuses content %#", (content) => {
  expect(() => checkDocument(task(content))).toThrow("bad_task");
});

test.for([
  ["no content", { content_b64: null }],
  ["another profile", { message_b64: base64(xmlMessage(utf8(GOOD), "eport-2023")) }],
  ["the content as message", { message_b64: base64(GOOD) }],
  ["another type", { media_type: "text/plain" }],
  ["another charset", { media_type: "application/xml; charset=gbk" }],
] as const)("refuses %s", ([, changes]) => {
  expect(() => checkDocument(task(GOOD, changes))).toThrow("bad_task");
});

test("refuses options of another format", () => {
  expect(() => readOptions("xml", undefined)).toThrow("options");
  expect(() => readOptions("xml", { ...OPTIONS, arc: "gb" })).toThrow("option");
  expect(() => readOptions("cms", { ...OPTIONS, display_oid: "2.999.1" })).toThrow("option");
  expect(readOptions("xml", OPTIONS).xml).toEqual(OPTIONS);
});

test("the message has the namespaces of the document element in order", () => {
  const content = '<a xmlns="urn:a" xmlns:z="urn:z" b="1"></a>';
  const message = new TextDecoder().decode(xmlMessage(utf8(content), "eport-2022"));
  const ds = 'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"';
  expect(message.startsWith(`<ds:SignedInfo xmlns="urn:a" ${ds} xmlns:z="urn:z">`)).toBe(true);
  expect(message).not.toContain('b="1"');
});
