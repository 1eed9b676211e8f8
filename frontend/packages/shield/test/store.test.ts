/** One record, written strictly, by one operation at a time; a damaged record is never overwritten. */

import "fake-indexeddb/auto";

import { expect, test, vi } from "vitest";

import { Store } from "../src/store.ts";

/** Leaves the page. Node.js has no page to leave, and the module listens as soon as it is imported. */
const leave = vi.hoisted(() => {
  const page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  return () => page.dispatchEvent(new Event("pagehide"));
});

test("a new phone has its own keys, which can't be extracted and don't change", async () => {
  const store = new Store("new");
  const first = await store.operate(async ({ state }) => state);
  expect(first.deviceKey.privateKey.extractable).toBe(false);
  expect(first.deviceSecret.extractable).toBe(false);
  const message = new Uint8Array(8);
  const mac = (key: CryptoKey): Promise<ArrayBuffer> => crypto.subtle.sign("HMAC", key, message);
  const again = await new Store("new").operate(async ({ state }) => state);
  expect(await mac(again.deviceSecret)).toEqual(await mac(first.deviceSecret));
});

test("a change is one strict transaction, and the next operation sees it", async () => {
  const store = new Store("change");
  await store.operate(async () => undefined);
  const transaction = vi.spyOn(IDBDatabase.prototype, "transaction");
  await store.operate((vault) => vault.change({ shieldNumber: "8000", scanned: null }));
  expect(transaction.mock.calls.map(([, mode]) => mode)).toEqual(["readonly", "readwrite"]);
  expect(transaction.mock.calls[1]).toEqual(["phone", "readwrite", { durability: "strict" }]);
  transaction.mockRestore();
  expect(await store.operate(async ({ state }) => state.shieldNumber)).toBe("8000");
});

test("runs one operation at a time over all tabs", async () => {
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

test("an operation that waits too long fails, and a failed one releases the lock", async () => {
  const held = new EventTarget();
  const released = new Promise((resolve) => held.addEventListener("release", resolve));
  const slow = new Store("busy").operate(() => released);
  await expect(new Store("busy", 20).operate(async () => 1)).rejects.toMatchObject({ code: "phone_in_use" });
  held.dispatchEvent(new Event("release"));
  await slow;
  await expect(new Store("busy").operate(() => Promise.reject(new Error("why")))).rejects.toThrow("why");
  expect(await new Store("busy", 5000).operate(async () => 1)).toBe(1);
});

test("a record of another form is damaged and stays unchanged", async () => {
  const store = new Store("damaged");
  await store.operate((vault) => vault.change({ version: 2 as 1 }));
  for (let times = 0; times < 2; times++) {
    await expect(store.operate(async () => 1)).rejects.toMatchObject({ code: "damaged_state" });
  }
});

test("reports missing storage", async () => {
  const open = vi.spyOn(indexedDB, "open").mockImplementation(() => {
    throw new DOMException("no", "SecurityError");
  });
  await expect(new Store("none").operate(async () => 1)).rejects.toMatchObject({ code: "storage" });
  open.mockRestore();
});

test("leaving the page aborts a write that isn't complete, as a failed one", async () => {
  const store = new Store("left");
  await store.operate((vault) => vault.change({ shieldNumber: "8000" }));
  const left = store.operate(async (vault) => {
    const write = vault.change({ shieldNumber: "9000" });
    leave();
    await write;
  });
  await expect(left).rejects.toMatchObject({ code: "storage" });
  expect(await store.operate(async ({ state }) => state.shieldNumber)).toBe("8000");
});
