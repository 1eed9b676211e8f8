/** The vectors of documents; a login is signed only for its requester. */

import { readFileSync } from "node:fs";

import {
  DISPLAY_OID,
  displayBytes,
  displayDigest,
  isLikeAttributes,
  LOGIN_TYPE,
  readOptions,
  signedAttributes,
} from "@mshield/forms";
import { hex, sm3, unhex, utf8 } from "@mshield/gm";
import { describe, expect, test } from "vitest";

import { checkDocument, checkLogin, isLoginMessage } from "../src/documents.ts";
import type { Format, Line, Task } from "../src/messages.ts";

interface Vectors {
  readonly documents: readonly {
    readonly comment: string;
    readonly title: string;
    readonly media_type: string;
    readonly content: string;
    readonly display: readonly Line[];
    readonly display_json: string;
    readonly M: string;
  }[];
  readonly not_attributes: readonly { readonly comment: string; readonly M: string }[];
  readonly raw: readonly { readonly comment: string; readonly content: string; readonly refused: boolean }[];
}

const BOUND = { isGb: false, displayOid: DISPLAY_OID, signingTime: null };
const FILE = new URL("../../../../vectors/documents.json", import.meta.url);
const VECTORS = JSON.parse(readFileSync(FILE, "utf8")) as Vectors;

function task(format: Format, message: Uint8Array, more: Partial<Task> = {}): Task {
  const about = { sid: "", uid: "", purpose: "sign", state: "waiting", mediaType: "text/plain", title: "t" };
  const content = format === "raw" ? message : null;
  const unread = { isDrawn: false, view: null, drawn: null, reading: null, signingTime: null };
  const options = readOptions(format, format === "raw" ? undefined : { display_oid: DISPLAY_OID });
  return { ...about, ...unread, message, display: [], format, options, content, size: null, ...more };
}

test.for(VECTORS.documents)("$comment", (vector) => {
  const { title, media_type: mediaType, display } = vector;
  const content = unhex(vector.content);
  const shown = { title, mediaType, size: content.length, lines: display };
  expect(hex(displayBytes(shown))).toBe(vector.display_json);
  const M = signedAttributes(sm3(content), displayDigest(shown), BOUND);
  expect(hex(M)).toBe(vector.M);
  const readable = { title, mediaType, display, content };
  checkDocument(task("cms", M, readable));
  checkDocument(task("cms_detached", M, { ...readable, content: null, size: content.length }));
  for (const other of [{ title: `${title} ` }, { content: utf8("other") }, { mediaType: "text/html" }]) {
    expect(() => checkDocument(task("cms", M, { ...readable, ...other }))).toThrow("bad_task");
  }
});

test.for(VECTORS.not_attributes)("refused as a message: $comment", ({ M }) => {
  expect(() => checkDocument(task("cms_detached", unhex(M), { size: 1 }))).toThrow("bad_task");
});

test.for(VECTORS.raw)("raw content: $comment", ({ content, refused }) => {
  expect(isLikeAttributes(unhex(content))).toBe(refused);
});

test("refuses a document that is a login, however it is written", () => {
  const login = `{"type":"${LOGIN_TYPE}"}`;
  for (const text of [
    login,
    ` ${login}`,
    `{"a":[{"type" : "mshield-login\\/v1"}]}`,
    `{"type":"${LOGIN_TYPE}","type":1}`,
  ]) {
    expect(isLoginMessage(utf8(text))).toBe(true);
    expect(() => checkDocument(task("raw", utf8(text)))).toThrow("bad_task");
  }
  for (const text of [
    "",
    "[]",
    `"${LOGIN_TYPE}"`,
    `{"type":"x"} `,
    `{"other":"${LOGIN_TYPE}"}`,
    `${login}x`,
  ]) {
    expect(isLoginMessage(utf8(text))).toBe(false);
  }
});

describe("login", () => {
  const requester = {
    clientId: "bs-1",
    name: "单一窗口",
    domain: "singlewindow.example",
    pcAddress: null,
    pcBrowser: null,
  };
  const message =
    '{"client_id":"bs-1","domain":"singlewindow.example","issued_at":1795500000000,"name":"单一窗口",' +
    `"nonce":"n","request_id":"r1","type":"${LOGIN_TYPE}"}`;
  const check = (text: string): void => checkLogin(utf8(text), "r1", requester);

  test("is signed for its requester", () => check(message));
  test.for([
    ["another request", message.replace("r1", "r2")],
    ["another domain", message.replace("singlewindow", "singlewindov")],
    ["another name", message.replace("单一", "單一")],
    ["another type", message.replace("login/v1", "login/v2")],
    ["a space", message.replace(",", ", ")],
    ["another order", message.replace(/("client_id":"bs-1"),("domain":"[^"]*")/, "$2,$1")],
    ["an escape too many", message.replace("bs-1", "bs\\u002d1")],
    ["a number in another form", message.replace("1795500000000", "1.7955e12")],
    ["a field too many", message.replace("{", '{"a":1,')],
    ["a repeated field", message.replace("{", '{"client_id":"bs-1",')],
    ["a field too few", message.replace('"nonce":"n",', "")],
    ["an end too many", `${message}\n`],
  ] as const)("is refused with %s", ([, text]) => {
    expect(() => check(text)).toThrow(/bad_task|malformed/);
  });
});
