/** After some signatures the share is refreshed under the same PIN, silently, whatever is lost meanwhile. */

import { expect, test } from "vitest";

import { application, logIn, losing, LOSSES, Network, phone, register, retryUntilDone } from "./phone.ts";
import { copyStorage, record } from "./records.ts";
import { ask, SERVICE, qrText, stateOf } from "./service.ts";

const OWNER = SERVICE.people.legal_person;
const NAME = "refreshed";

async function signOnce(network = new Network()): Promise<number[]> {
  const asked = await ask("login");
  await phone(NAME).scan(qrText(asked));
  await retryUntilDone(NAME, network, (shield) => shield.approve(OWNER.pin));
  expect((await stateOf(asked)).state).toBe("signed");
  return (await record(NAME)).key!.slots.map(({ epoch }) => epoch);
}

test("a slot of the next epoch appears and replaces the old one", async () => {
  const shield = phone(NAME);
  await register(shield, OWNER);
  await logIn(shield, OWNER);
  await shield.apply(await application(shield, OWNER), OWNER.pin);
  const [first] = (await record(NAME)).key!.slots;
  const seen: number[][] = [];
  for (let times = 0; times < 4; times++) {
    seen.push(await signOnce());
  }
  expect(seen.some((epochs) => epochs.length === 2)).toBe(true);
  const { slots } = (await record(NAME)).key!;
  expect(slots.at(-1)!.epoch).toBeGreaterThan(0);
  // The PIN is the same, so its date stays.
  expect(slots.every(({ pinSetAt }) => pinSetAt === first!.pinSetAt)).toBe(true);
});

test("survives the loss of any call", async () => {
  for (let round = 0; round < 3; round++) {
    for (const place of [0, 1]) {
      for (const loss of LOSSES) {
        const epochs = await signOnce(losing(place, loss));
        expect(epochs.length).toBeLessThanOrEqual(2);
      }
    }
  }
});

test("the share of an earlier epoch no longer works", async () => {
  await copyStorage(NAME, "old");
  const [before] = (await record(NAME)).key!.slots;
  for (let times = 0; times < 4; times++) {
    await signOnce();
  }
  expect((await record(NAME)).key!.slots.some(({ epoch }) => epoch === before!.epoch)).toBe(false);
});
