/** Binding, and a renewal in which each call is lost once on each way; each loss kills the app. */

import { expect, test } from "vitest";

import { PhoneError, type Shield } from "../src/index.ts";
import { application, logIn, losingEach, phone, register, retryUntilDone } from "./phone.ts";
import { record } from "./records.ts";
import { ask, DOCUMENT, SERVICE, qrText, stateOf } from "./service.ts";

const OWNER = SERVICE.people.operator;
const NAME = "renewing";
const BEGIN = "POST /api/phone/renewals";

test("binds for one business system, lists the binding, and unbinds", async () => {
  const shield = phone(NAME);
  await register(shield, OWNER);
  await logIn(shield, OWNER);
  await shield.apply(await application(shield, OWNER, "apply"), OWNER.pin);
  const bound = await shield.bind(OWNER.pin, SERVICE.client_id);
  expect((await shield.me()).bindings).toMatchObject([{ sid: bound.sid, clientId: SERVICE.client_id }]);
  await byApp(shield);
  await shield.unbind(bound.sid);
  expect((await shield.me()).bindings).toEqual([]);
});

/** Signs and declines another app's requests (R13). */
async function byApp(shield: Shield): Promise<void> {
  const back = SERVICE.return_url;
  const asked = await ask("login", { channel: "app", return_url: back });
  const scanned = await shield.scan(asked.app_link);
  expect(scanned.returnUrl).toBe(back);
  await expect(shield.fetchReturnAddress(scanned)).rejects.toMatchObject({ code: "request_open" });
  const { returnAddress } = await shield.approve(OWNER.pin);
  expect(returnAddress).toMatch(`${back}&request=${asked.id}&state=signed&return_code=`);
  expect(await shield.fetchReturnAddress(scanned)).toBe(returnAddress);
  await expect(shield.fetchReturnAddress({ ...scanned, returnUrl: `${back}&` })).rejects.toMatchObject({
    code: "foreign_return",
  });
  const unwanted = await ask("login", { channel: "app", return_url: back });
  await shield.scan(unwanted.app_link);
  expect(await shield.decline()).toBe(`${back}&request=${unwanted.id}&state=declined`);
}

test("the PIN can't be changed while a renewal is unfinished", async () => {
  const shield = phone(NAME);
  const before = (await shield.certificate()).serial;
  const form = await application(shield, OWNER, "renew");
  const network = losingEach(["request"], (call) => call.endsWith("/key"));
  await expect(phone(NAME, { network }).renew(form, OWNER.pin)).rejects.toMatchObject({ code: "network" });
  await shield.giveUpRenewal();
  expect((await shield.certificate()).serial).toBe(before);
  await expect(shield.resumeRenewal(OWNER.pin)).rejects.toMatchObject({ code: "no_renewal" });
});

test("renews, whatever is lost", async () => {
  const shield = phone(NAME);
  const before = (await shield.certificate()).serial;
  expect((await shield.me()).renewal?.due).toBe(true);
  const form = await application(shield, OWNER, "renew");
  const network = losingEach();
  let isBegun = false;
  const issued = await retryUntilDone(NAME, network, async (started) => {
    const from = network.sent.length;
    try {
      return await (isBegun ? started.resumeRenewal(OWNER.pin) : started.renew(form, OWNER.pin));
    } catch (error) {
      const calls = network.sent.slice(from).map(({ call }) => call);
      isBegun ||= calls.includes(BEGIN) && calls.at(-1) !== BEGIN;
      if (!(error instanceof PhoneError) || error.code !== "no_renewal") {
        throw error;
      }
      // Killed between the service's half of the key and the phone's: starts again with a new code.
      isBegun = true;
      return await started.renew(await application(shield, OWNER, "renew"), OWNER.pin);
    }
  });
  expect(issued.serial).not.toBe(before);
  const { key, pending } = await record(NAME);
  expect(pending).toBeNull();
  expect(key).toMatchObject({ rn: null, proven: true, certificate: { pem: issued.pem } });
  const asked = await ask("signature", { documents: [DOCUMENT] });
  await shield.scan(qrText(asked));
  await shield.approve(OWNER.pin);
  expect((await stateOf(asked)).state).toBe("signed");
});
