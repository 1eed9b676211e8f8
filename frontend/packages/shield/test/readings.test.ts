/** A document with a view is drawn by this phone, and kept only where that is what the task says. */

import "fake-indexeddb/auto";

import { readFileSync } from "node:fs";

import { canonicalText, displayBytes, displayDigest, signedAttributes } from "@mshield/forms";
import { hex, sm3, unhex, utf8 } from "@mshield/gm";
import type { DocumentOrder } from "@mshield/views";
import { expect, test } from "vitest";

import { Connection, PATIENCE, PLATFORM } from "../src/connection.ts";
import { checkDocument, shownOf } from "../src/documents.ts";
import { NetworkError } from "../src/errors.ts";
import { readTask, type Task } from "../src/messages.ts";
import type { Operation } from "../src/operation.ts";
import { readHere } from "../src/read_here.ts";
import { readTaskHere } from "../src/readings.ts";
import type { Repeats } from "../src/repeats.ts";
import { ViewStore } from "../src/view_store.ts";

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
    message_b64: base64(signedAttributes(sm3(CONTENT), display)),
    media_type: "application/xml",
    title: "进口货物报关单",
    display: SAID,
    format: "cms",
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
    reader: readHere,
    views: new ViewStore(name),
    connection: {
      getBytes: async (path: string) => (fetched.push(path), octets),
      persistently: async (call: () => Promise<unknown>) => await call(),
    },
    platform: { now: () => 1 },
    vault: { state: { key: null } },
    loggedIn: () => ({}),
  };
  return { operation: operation as unknown as Operation, fetched };
}

test("what it draws, and how the asker's words stand to it, is kept with the task; the view is fetched once", async () => {
  const { operation, fetched } = phone(VIEW, "once");
  checkDocument(asked());
  const task = await readTaskHere(operation, asked(), null);
  expect(task.reading).toMatchObject({ isMismatch: true });
  expect(task.view?.octets).toEqual(VIEW);
  await readTaskHere(operation, asked(), null);
  expect(fetched).toEqual([`/api/phone/views/${view}`]);
});

test("nothing else is signed", async () => {
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
    await expect(readTaskHere(phone(octets, "other").operation, asked(more), null)).rejects.toThrow(
      "bad_task",
    );
  }
  expect(() => checkDocument(asked({ drawn: other }))).toThrow("bad_task");
  expect(() => checkDocument(asked({ view: undefined, drawn: undefined }))).toThrow("bad_task");
});

test("a reader whose file doesn't come is asked again, and says nothing of the content", async () => {
  const { operation } = phone(VIEW, "reader");
  let tries = 0;
  const lost = async (): Promise<never> => {
    tries += 1;
    throw new NetworkError("the worker's file didn't come");
  };
  const connection = new Connection(
    "https://shield.example",
    { ...PLATFORM, sleep: async () => undefined },
    PATIENCE,
    {} as Repeats,
  );
  const { getBytes } = operation.connection;
  Object.assign(operation, { reader: lost, connection: Object.assign(connection, { getBytes }) });
  await expect(readTaskHere(operation, asked(), null)).rejects.toBeInstanceOf(NetworkError);
  expect(tries).toBe(PATIENCE.networkTries);
  // The view is kept: there is nothing wrong with it.
  expect(await operation.views.get(view, 1)).toEqual(VIEW);
  Object.assign(operation, {
    reader: async (order: DocumentOrder) => (tries++ < 6 ? lost() : readHere(order)),
  });
  expect((await readTaskHere(operation, asked(), null)).reading).toMatchObject({ isMismatch: true });
});

test("a kept view that was changed is refused, dropped, and fetched the next time", async () => {
  const { operation, fetched } = phone(VIEW, "changed");
  await operation.views.put(view, utf8("{}"), 1);
  await expect(readTaskHere(operation, asked(), null)).rejects.toThrow("bad_task");
  await readTaskHere(operation, asked(), null);
  expect(fetched).toHaveLength(1);
});

test("fifty views and 2 MiB are kept, and what was used longest ago goes first", async () => {
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

test("what was shown and confirmed has one form; an older service is told nothing", async () => {
  const task = await readTaskHere(phone(VIEW, "shown").operation, asked(), null);
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
  expect(shownOf(task, "mismatch")).toEqual({ confirmed: "mismatch", shown: hex(sm3(utf8(text))) });
  expect(unhex(compared)).toHaveLength(32);
  expect(shownOf(asked({ view: undefined, drawn: undefined }), "none")).toBeNull();
});
