/** The summary of an inbox request is read from its content, never from its description. */

import "fake-indexeddb/auto";

import { readFileSync } from "node:fs";

import { canonicalText } from "@mshield/forms";
import { utf8 } from "@mshield/gm";
import { expect, test, vi } from "vitest";

import type { Operation } from "../src/operation.ts";
import { readLocally } from "../src/local_reader.ts";
import { ViewStore } from "../src/view_store.ts";
import { waitingReadings } from "../src/waiting.ts";

// The views of these requests are in the log; view_registration.test.ts checks the proof itself.
vi.mock("../src/view_registration.ts", () => ({ isRegistered: async () => true }));

const SHIPPED = new URL("../../../../vectors/views/shipped/", import.meta.url);
const read = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(file, SHIPPED)));
const json = (file: string): unknown => JSON.parse(new TextDecoder().decode(read(file)));
const { declaration } = json("digests.json") as Record<string, Record<"view" | "drawn", string>>;
const VIEW = utf8(canonicalText(json("declaration.view.json")));
const { id, version } = json("declaration.view.json") as { id: string; version: number };
const CONTENT = read("contents/declaration.xml");
const DOCUMENT = {
  title: "进口货物报关单",
  media_type: "application/xml",
  display: [{ label: "申报总价", value: "欧元 1.00" }],
  view: { id, version, digest: declaration!.view },
  drawn: declaration!.drawn,
  content_b64: Buffer.from(CONTENT).toString("base64"),
};

const REQUESTER = {
  clientId: "window",
  name: "单一窗口",
  domain: "singlewindow.example",
  pcAddress: null,
  pcBrowser: null,
};

function phone(documents: readonly object[]): { operation: Operation; asked: string[] } {
  const asked: string[] = [];
  const connection = {
    get: async (path: string) => (asked.push(path), { documents }),
    getBytes: async () => VIEW,
    persistently: async (call: () => Promise<unknown>) => await call(),
  };
  const views = new ViewStore(`waiting-${documents.length}`);
  const operation = {
    loggedIn: () => ({}),
    reader: readLocally,
    views,
    connection,
    platform: { now: () => 1 },
  };
  return { operation: operation as unknown as Operation, asked };
}

test("takes the amount from the content; it is unknown if the content is too large for a list", async () => {
  const { operation, asked } = phone([DOCUMENT, { ...DOCUMENT, content_b64: null }]);
  const { documents, octets } = await waitingReadings(operation, { requestId: "a/b", requester: REQUESTER });
  expect(asked).toEqual(["/api/phone/inbox/a%2Fb"]);
  expect(octets).toBe(CONTENT.length);
  expect(documents).toHaveLength(1);
  expect(documents[0]!.reading).toMatchObject({ isMismatch: true });
  const amounts = documents[0]!.reading!.key!.amount!.values.map(({ number }) => number);
  expect(amounts).not.toContain("1.00");
  expect(amounts).toHaveLength(1);
});

test("reports no amount if the phone renders the content differently from the service", async () => {
  const { operation } = phone([DOCUMENT, { ...DOCUMENT, drawn: "00".repeat(32) }, DOCUMENT]);
  await expect(waitingReadings(operation, { requestId: "r", requester: REQUESTER })).rejects.toThrow(
    "bad_task",
  );
});
