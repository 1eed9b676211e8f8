/**
 * Secrets behind a port: refusals keep their code, failures reveal nothing, and a dead thread is detected.
 */

import { expect, test } from "vitest";

import { type Port, RemoteSecrets } from "../src/remote_secrets.ts";
import { serveSecrets } from "../src/serve_secrets.ts";
import { newState } from "../src/state.ts";

const UID = new Uint8Array(16);

async function overChannel<T>(use: (secrets: RemoteSecrets) => Promise<T>): Promise<T> {
  const { port1, port2 } = new MessageChannel();
  serveSecrets(port1);
  try {
    return await use(new RemoteSecrets(port2));
  } finally {
    port2.close();
  }
}

test("returns an enrolment's body and slot, and leaves the key unchanged", async () => {
  const { deviceSecret } = await newState();
  const pin = { pin: "271828", setAt: 1, rounds: 1 };
  const answer = await overChannel((secrets) => secrets.enrol({ deviceSecret, uid: UID, sid: UID, pin }));
  expect(Object.keys(JSON.parse(new TextDecoder().decode(answer.body)) as object)).toEqual(["P1", "A", "z"]);
  expect(answer.slot).toMatchObject({ epoch: 0, rounds: 1, pinSetAt: 1 });
});

test("a session's nonces are fresh, used once, and end with it", async () => {
  const { deviceSecret } = await newState();
  const order = { uid: UID, epoch: 0, documents: [{ sid: UID, e: new Uint8Array(32) }] };
  await overChannel(async (secrets) => {
    const [one, other] = [await secrets.session(order), await secrets.session(order)];
    expect(one.items[0]!.c).not.toBe(other.items[0]!.c);
    await expect(one.check([])).rejects.toMatchObject({ code: "bad_proof" });
    const slot = { epoch: 0, salt: UID, rounds: 1, blob: new Uint8Array(32), pinSetAt: 0, check: UID };
    const finish = { deviceSecret, slot, pin: "271828", refresh: null, shown: [null] };
    await expect(one.finish(finish)).rejects.toMatchObject({ code: "no_session" });
    other.close();
    await expect(other.check([])).rejects.toMatchObject({ code: "no_session" });
  });
});

test("a failure reveals nothing about its order", async () => {
  const { deviceSecret } = await newState();
  const order = { deviceSecret, uid: UID, sid: UID, pin: { pin: "271828", setAt: 1, rounds: -1 } };
  const failed = await overChannel((secrets) => secrets.enrol(order).catch((error: unknown) => error));
  expect(failed).toMatchObject({ code: "worker", message: "worker: failed" });
});

test("detects a thread that dies", async () => {
  const listeners = new Map<string, (event: { data: unknown }) => void>();
  const port: Port = {
    postMessage: () => listeners.get("error")!({ data: null }),
    addEventListener: (type: string, listener: (event: { data: unknown }) => void) => {
      listeners.set(type, listener);
    },
  };
  const secrets = new RemoteSecrets(port);
  const order = { uid: UID, epoch: 0, documents: [] };
  await expect(secrets.session(order)).rejects.toMatchObject({ code: "worker" });
});
