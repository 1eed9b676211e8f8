/** One record, written strictly; one operation at a time; what is damaged is never overwritten. */

import "fake-indexeddb/auto";

import { expect, test, vi } from "vitest";

import { Store } from "../src/store.ts";

test("a new phone has keys of its own that cannot be extracted, and keeps them", async () => {
  const store = new Store("new");
  const first = await store.operate(async ({ state }) => state);
  expect(first.deviceKey.privateKey.extractable).toBe(false);
  expect(first.deviceSecret.extractable).toBe(false);
  const message = new Uint8Array(8);
  const mac = (key: CryptoKey): Promise<ArrayBuffer> => crypto.subtle.sign("HMAC", key, message);
  const again = await new Store("new").operate(async ({ state }) => state);
  expect(await mac(again.deviceSecret)).toEqual(await mac(first.deviceSecret));
});

test("a change is one strict transaction, and is there for the next operation", async () => {
  const store = new Store("change");
  await store.operate(async () => undefined);
  const transaction = vi.spyOn(IDBDatabase.prototype, "transaction");
  await store.operate((vault) => vault.change({ shieldNumber: "8000", scanned: null }));
  expect(transaction.mock.calls.map(([, mode]) => mode)).toEqual(["readonly", "readwrite"]);
  expect(transaction.mock.calls[1]).toEqual(["phone", "readwrite", { durability: "strict" }]);
  transaction.mockRestore();
  expect(await store.operate(async ({ state }) => state.shieldNumber)).toBe("8000");
});

test("one operation at a time, over all tabs", async () => {
  const steps: string[] = [];
  const step = (tab: string): Promise<void> =>
    new Store("tabs").operate(async (vault) => {
      steps.push(`${tab} begins`);
      await vault.change({ shieldNumber: tab });
      steps.push(`${tab} ends`);
    });
  await Promise.all([step("a"), step("b")]);
  expect(steps).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});

test("an operation that waits too long says so, and a failed one gives the lock back", async () => {
  const held = new EventTarget();
  const released = new Promise((resolve) => held.addEventListener("release", resolve));
  const slow = new Store("busy").operate(() => released);
  await expect(new Store("busy", 20).operate(async () => 1)).rejects.toMatchObject({ code: "phone_in_use" });
  held.dispatchEvent(new Event("release"));
  await slow;
  await expect(new Store("busy").operate(() => Promise.reject(new Error("why")))).rejects.toThrow("why");
  expect(await new Store("busy", 5000).operate(async () => 1)).toBe(1);
});

test("a record of another form is damaged, and stays as it is", async () => {
  const store = new Store("damaged");
  await store.operate((vault) => vault.change({ version: 2 as 1 }));
  for (let times = 0; times < 2; times++) {
    await expect(store.operate(async () => 1)).rejects.toMatchObject({ code: "damaged_state" });
  }
});

test("without storage it says so", async () => {
  const open = vi.spyOn(indexedDB, "open").mockImplementation(() => {
    throw new DOMException("no", "SecurityError");
  });
  await expect(new Store("none").operate(async () => 1)).rejects.toMatchObject({ code: "storage" });
  open.mockRestore();
});
