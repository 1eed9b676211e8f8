/** This phone renders a document by its view, and stores it only if the result matches the task. */

import "fake-indexeddb/auto";

import { readFileSync } from "node:fs";

import { canonicalText, DISPLAY_OID, displayBytes, displayDigest, signedAttributes } from "@mshield/forms";
import { hex, sm3, unhex, utf8 } from "@mshield/gm";
import type { DocumentOrder } from "@mshield/views";
import { expect, test, vi } from "vitest";

import { Connection, DEFAULT_RETRY_LIMITS, PLATFORM } from "../src/connection.ts";
import { checkDocument, displayItem } from "../src/documents.ts";
import { NetworkError } from "../src/errors.ts";
import { readTask, type Task } from "../src/messages.ts";
import type { Operation } from "../src/operation.ts";
import { readLocally } from "../src/local_reader.ts";
import { readTaskHere } from "../src/readings.ts";
import type { Repeats } from "../src/repeats.ts";
import { ViewStore } from "../src/view_store.ts";

// The views of these requests are in the log; view_registration.test.ts checks the proof itself.
vi.mock("../src/view_registration.ts", () => ({ isRegistered: async () => true }));

const SHIPPED = new URL("../../../../vectors/views/shipped/", import.meta.url);
const read = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(file, SHIPPED)));
const { declaration } = JSON.parse(new TextDecoder().decode(read("digests.json"))) as Record<
  string,
  Record<"view" | "drawn", string>
>;
const VIEW = utf8(canonicalText(JSON.parse(new TextDecoder().decode(read("declaration.view.json")))));
const { id, version } = JSON.parse(new TextDecoder().decode(VIEW)) as { id: string; version: number };
const { view, drawn } = declaration!;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const BOUND = { isGb: false, displayOid: DISPLAY_OID, signingTime: null };
const CONTENT = read("contents/declaration.xml");
const SAID = [{ label: "申报总价", value: "欧元 1.00" }];

function asked(more: object = {}): Task {
  const shown = { title: "进口货物报关单", mediaType: "application/xml", size: CONTENT.length, lines: SAID };
  const display = displayDigest({ ...shown, drawing: { view, drawn } });
  return readTask({
    sid: "00",
    uid: "00",
    purpose: "sign",
    state: "waiting",
    message_b64: base64(signedAttributes(sm3(CONTENT), display, BOUND)),
    media_type: "application/xml",
    title: "进口货物报关单",
    display: SAID,
    format: "cms",
    options: { display_oid: DISPLAY_OID },
    content_b64: base64(CONTENT),
    size: null,
    view: { id, version, digest: view },
    drawn,
    ...more,
  });
}

function phone(octets: Uint8Array, name: string): { operation: Operation; fetched: string[] } {
  const fetched: string[] = [];
  const operation = {
    reader: readLocally,
    views: new ViewStore(name),
    connection: {
      getBytes: async (path: string) => (fetched.push(path), octets),
      persistently: async (call: () => Promise<unknown>) => await call(),
    },
    platform: { now: () => 1 },
    loggedIn: () => ({}),
  };
  return { operation: operation as unknown as Operation, fetched };
}

test("stores rendering and comparison with the task, and fetches the view once", async () => {
  const { operation, fetched } = phone(VIEW, "once");
  checkDocument(asked());
  const task = await readTaskHere(operation, asked(), "window");
  expect(task.reading).toMatchObject({ isMismatch: true });
  expect(task.view?.octets).toEqual(VIEW);
  await readTaskHere(operation, asked(), "window");
  expect(fetched).toEqual([`/api/phone/views/${view}`]);
});

test("refuses to sign anything else", async () => {
  const other = "00".repeat(32);
  const spaced = utf8(` ${new TextDecoder().decode(VIEW)}`);
  for (const [octets, more] of [
    [spaced, {}],
    [utf8("{}"), {}],
    [VIEW, { drawn: other }],
    [VIEW, { drawn: null }],
    [VIEW, { view: { id, version: version + 1, digest: view } }],
    [VIEW, { view: { id: `${id}x`, version, digest: view } }],
    [VIEW, { content_b64: base64(utf8("<other/>")) }],
    [VIEW, { view: null }],
  ] as const) {
    await expect(readTaskHere(phone(octets, "other").operation, asked(more), "window")).rejects.toThrow(
      "bad_task",
    );
  }
  expect(() => checkDocument(asked({ drawn: other }))).toThrow("bad_task");
  expect(() => checkDocument(asked({ view: undefined, drawn: undefined }))).toThrow("bad_task");
});

test("retries a reader whose file doesn't load, without checking the content", async () => {
  const { operation } = phone(VIEW, "reader");
  let tries = 0;
  const lost = async (): Promise<never> => {
    tries += 1;
    throw new NetworkError("the worker's file didn't come");
  };
  const connection = new Connection(
    "https://shield.example",
    { ...PLATFORM, sleep: async () => undefined },
    DEFAULT_RETRY_LIMITS,
    {} as Repeats,
  );
  const { getBytes } = operation.connection;
  Object.assign(operation, { reader: lost, connection: Object.assign(connection, { getBytes }) });
  await expect(readTaskHere(operation, asked(), "window")).rejects.toBeInstanceOf(NetworkError);
  expect(tries).toBe(DEFAULT_RETRY_LIMITS.networkTries);
  // The view stays cached, since nothing is wrong with it.
  expect(await operation.views.get(view, 1)).toEqual(VIEW);
  Object.assign(operation, {
    reader: async (order: DocumentOrder) => (tries++ < 6 ? lost() : readLocally(order)),
  });
  expect((await readTaskHere(operation, asked(), "window")).reading).toMatchObject({ isMismatch: true });
});

test("refuses and drops a cached view that was changed, and fetches it next time", async () => {
  const { operation, fetched } = phone(VIEW, "changed");
  await operation.views.put(view, utf8("{}"), 1);
  await expect(readTaskHere(operation, asked(), "window")).rejects.toThrow("bad_task");
  await readTaskHere(operation, asked(), "window");
  expect(fetched).toHaveLength(1);
});

test("caches at most fifty views and 2 MiB, and evicts the least recently used", async () => {
  const store = new ViewStore("many");
  for (let n = 0; n < 50; n++) {
    await store.put(`v${n}`, new Uint8Array(1), n);
  }
  await store.get("v0", 50);
  await store.put("more", new Uint8Array(1), 51);
  expect([await store.get("v1", 52), await store.get("v0", 53)]).toEqual([null, new Uint8Array(1)]);
  await store.put("large", new Uint8Array(2 * 1024 * 1024), 54);
  expect(await store.get("v0", 55)).toBeNull();
  expect(await store.get("large", 56)).toHaveLength(2 * 1024 * 1024);
});

test("display and confirmation have one form", async () => {
  const task = await readTaskHere(phone(VIEW, "shown").operation, asked(), "window");
  const display = sm3(
    displayBytes({
      title: task.title,
      mediaType: task.mediaType,
      size: CONTENT.length,
      lines: SAID,
      drawing: { view, drawn },
    }),
  );
  const compared = task.reading!.compared!;
  const text =
    `{"compared":"${compared}","confirmed":"mismatch","content":"${hex(sm3(CONTENT))}","display":"${hex(display)}",` +
    `"drawn":"${drawn}","type":"mshield-shown/v1","view":"${view}"}`;
  expect(displayItem(task, "mismatch")).toEqual({ confirmed: "mismatch", shown: hex(sm3(utf8(text))) });
  expect(unhex(compared)).toHaveLength(32);
  expect(displayItem({ ...task, purpose: "login" }, "none")).toBeNull();
});
