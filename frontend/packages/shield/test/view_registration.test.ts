/** The phone renders by a view only if the log has its registration; the log's key is the stored one. */

import "fake-indexeddb/auto";

import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";

import { concat, hex, sm3, utf8 } from "@mshield/gm";
import { expect, test } from "vitest";

import { ProblemError } from "../src/errors.ts";
import type { Operation } from "../src/operation.ts";
import { isRegistered } from "../src/view_registration.ts";
import { ViewStore } from "../src/view_store.ts";

const LOG = "shield.example/log";
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());
/** Ed25519 keys of small numbers, in RFC 8410's form. */
const privateOf = (n: number): KeyObject => {
  const key = Buffer.from(`302e020100300506032b657004220420${"00".repeat(31)}0${n}`, "hex");
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
};
const keyOf = (n: number): Uint8Array => {
  const key = createPublicKey(privateOf(n)).export({ format: "der", type: "spki" });
  return concat(Uint8Array.of(1), new Uint8Array(key.subarray(-32)));
};
const idOf = (name: string, n: number): Uint8Array =>
  sha256(concat(utf8(`${name}\n`), keyOf(n))).subarray(0, 4);
const vkey = (name: string, n: number): string => `${name}+${hex(idOf(name, n))}+${base64(keyOf(n))}`;
const VIEW = { id: "example/order", version: 1, digest: hex(sm3(utf8("{}"))), octets: null };
const NAMED = { client_id: "window", digest: VIEW.digest, id: VIEW.id, version: 1 };

/** Returns a proof of the second of two entries. */
function proof(of: { named?: object; name?: string; signer?: number; more?: object } = {}): object {
  const { named = NAMED, name = LOG, signer = 1, more = {} } = of;
  const head = concat(Uint8Array.of(1, 4), new Uint8Array(8), new Uint8Array(96));
  const entry = concat(head, utf8(JSON.stringify(named)));
  const leaf = sha256(concat(Uint8Array.of(0), entry));
  const other = sha256(utf8("\0other"));
  const text = `${name}\n2\n${base64(sha256(concat(Uint8Array.of(1), other, leaf)))}\n`;
  const signed = base64(
    concat(idOf(name, signer), new Uint8Array(sign(null, utf8(text), privateOf(signer)))),
  );
  const checkpoint = `${text}\n— ${name} ${signed}\n`;
  return { entry: base64(entry), index: 1, hashes: [base64(other)], checkpoint, ...more };
}

interface Phone {
  readonly operation: Operation;
  readonly asked: string[];
}

let stores = 0;
function phone(answer: object, views?: ViewStore): Phone {
  const asked: string[] = [];
  const connection = {
    getBytes: async (path: string): Promise<Uint8Array> => {
      asked.push(path);
      if (answer instanceof Error) {
        throw answer;
      }
      return utf8(JSON.stringify(answer));
    },
  };
  const operation = {
    connection,
    views: views ?? new ViewStore(`registration-${stores++}`),
    vault: { state: { key: { certificate: { pem: "P", chainPem: [], logKey: vkey(LOG, 1) } } } },
    platform: { now: () => 1 },
    loggedIn: () => ({}),
  };
  return { operation: operation as unknown as Operation, asked };
}

test("accepts a view that the log has for the requester, and fetches its proof once", async () => {
  const views = new ViewStore("registration-once");
  const first = phone(proof(), views);
  await expect(isRegistered(first.operation, VIEW, "window")).resolves.toBe(true);
  await isRegistered(first.operation, VIEW, "window");
  expect(first.asked).toEqual([`/api/phone/systems/window/views/${VIEW.digest}/registration`]);
  const later = phone(new Error("not asked"), views);
  await expect(isRegistered(later.operation, VIEW, "window")).resolves.toBe(true);
  // After a restore the log has another name and the same key.
  const renamed = phone(proof({ name: `${LOG}/2` }));
  await expect(isRegistered(renamed.operation, VIEW, "window")).resolves.toBe(true);
});

test("without a proof behaves as if no view rendered it", async () => {
  for (const code of ["not_logged_yet", "not_found"]) {
    const { operation } = phone(new ProblemError(code, 409));
    await expect(isRegistered(operation, VIEW, "window")).resolves.toBe(false);
  }
  const failing = phone(new ProblemError("internal", 500));
  await expect(isRegistered(failing.operation, VIEW, "window")).rejects.toThrow("internal");
});

test("a proof of something else is a bad task, also a cached proof that was changed", async () => {
  const bad = [
    proof({ signer: 2 }),
    proof({ more: { index: 0 } }),
    proof({ more: { hashes: [] } }),
    proof({ more: { checkpoint: "none" } }),
    proof({ named: { ...NAMED, client_id: "other" } }),
    proof({ named: { ...NAMED, id: "example/other" } }),
    proof({ named: { ...NAMED, version: 2 } }),
    proof({ named: { ...NAMED, digest: "00".repeat(32) } }),
  ];
  for (const value of bad) {
    await expect(isRegistered(phone(value).operation, VIEW, "window")).rejects.toThrow("bad_task");
  }
  const views = new ViewStore("registration-changed");
  await views.put(`${VIEW.digest}/window`, utf8(JSON.stringify(bad[0])), 1);
  const { operation, asked } = phone(proof(), views);
  await expect(isRegistered(operation, VIEW, "window")).rejects.toThrow("bad_task");
  await expect(isRegistered(phone(proof(), views).operation, VIEW, "window")).resolves.toBe(true);
  expect(asked).toEqual([]);
});
