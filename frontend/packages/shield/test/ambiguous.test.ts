/** Content that is never signed bare, by the vectors that Python uses too. */

import { readFileSync } from "node:fs";

import { isAmbiguous } from "@mshield/forms";
import { unhex, utf8 } from "@mshield/gm";
import { expect, test } from "vitest";

import { checkDocument } from "../src/documents.ts";
import { readTask } from "../src/messages.ts";

interface Vector {
  readonly file: string;
  readonly kind: string;
  readonly expect: "accept" | "refuse";
  readonly reason: string;
}

const FOLDER = new URL("../../../../vectors/formats/", import.meta.url);
const { vectors } = JSON.parse(readFileSync(new URL("index.json", FOLDER), "utf8")) as {
  readonly vectors: readonly Vector[];
};

test.for(vectors.filter(({ kind }) => kind === "raw"))("$reason", ({ file, expect: verdict }) => {
  const message_b64 = readFileSync(new URL(file, FOLDER)).toString("base64");
  const about = { sid: "", uid: "", purpose: "sign", state: "waiting", title: "t", display: [] };
  const task = readTask({
    ...about,
    message_b64,
    media_type: "text/plain",
    format: "raw",
    content_b64: null,
    size: null,
  });
  if (verdict === "accept") {
    checkDocument(task);
  } else {
    expect(() => checkDocument(task)).toThrow("bad_task");
  }
});

test.for([
  `${"30".repeat(16)}${"ab".repeat(16)}\r\n`,
  "<SignedInfo\n",
  "<a.b-c:SignedInfo>",
  unhex("3082010002010030"),
  unhex("3080a0030201"),
  unhex("30819a020101300c06082a811ccf550183750500"),
])("refuses another spelling: %s", (content) => {
  expect(isAmbiguous(typeof content === "string" ? utf8(content) : content)).toBe(true);
});

test.for([
  "A".repeat(44),
  `${"A".repeat(43)}=\n\n`,
  "<a:b:SignedInfo>",
  "< SignedInfo>",
  "<SignedInfoX>",
  unhex("300c020101310806062a8648ce3d04"),
])("accepts what only looks alike: %s", (content) => {
  expect(isAmbiguous(typeof content === "string" ? utf8(content) : content)).toBe(false);
});
