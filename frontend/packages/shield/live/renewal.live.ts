/** Binding, and a renewal of which each call is lost once on each way; the app is killed by each loss. */

import { expect, test } from "vitest";

import { PhoneError, type Shield } from "../src/index.ts";
import { application, logIn, losingEach, phone, register, stubbornly } from "./phone.ts";
import { record } from "./records.ts";
import { ask, DOCUMENT, GIVEN, qrText, stateOf } from "./service.ts";

const OWNER = GIVEN.people.operator;
const NAME = "renewing";
const BEGIN = "POST /api/phone/renewals";

test("bind for one business system, see it, and unbind", async () => {
  const shield = phone(NAME);
  await register(shield, OWNER);
  await logIn(shield, OWNER);
  await shield.apply(await application(shield, OWNER, "apply"), OWNER.pin);
  const bound = await shield.bind(OWNER.pin, GIVEN.client_id);
  expect((await shield.me()).bindings).toMatchObject([{ sid: bound.sid, clientId: GIVEN.client_id }]);
  await byApp(shield);
  await shield.unbind(bound.sid);
  expect((await shield.me()).bindings).toEqual([]);
});

/** Another app's requests (R13): signed, and declined. */
async function byApp(shield: Shield): Promise<void> {
  const back = GIVEN.return_url;
  const asked = await ask("login", { channel: "app", return_url: back });
  const scanned = await shield.scan(asked.app_link);
  expect(scanned.returnUrl).toBe(back);
  await expect(shield.wayBack(scanned)).rejects.toMatchObject({ code: "request_open" });
  const { returnAddress } = await shield.approve(OWNER.pin);
  expect(returnAddress).toMatch(`${back}&request=${asked.id}&state=signed&return_code=`);
  expect(await shield.wayBack(scanned)).toBe(returnAddress);
  await expect(shield.wayBack({ ...scanned, returnUrl: `${back}&` })).rejects.toMatchObject({
    code: "foreign_return",
  });
  const unwanted = await ask("login", { channel: "app", return_url: back });
  await shield.scan(unwanted.app_link);
  expect(await shield.decline()).toBe(`${back}&request=${unwanted.id}&state=declined`);
}

test("a PIN is not changed while a renewal is unfinished", async () => {
  const shield = phone(NAME);
  const before = (await shield.certificate()).serial;
  const form = await application(shield, OWNER, "renew");
  const network = losingEach(["request"], (call) => call.endsWith("/key"));
  await expect(phone(NAME, { network }).renew(form, OWNER.pin)).rejects.toMatchObject({ code: "network" });
  await shield.giveUpRenewal();
  expect((await shield.certificate()).serial).toBe(before);
  await expect(shield.resumeRenewal(OWNER.pin)).rejects.toMatchObject({ code: "no_renewal" });
});

test("renew, whatever is lost", async () => {
  const shield = phone(NAME);
  const before = (await shield.certificate()).serial;
  expect((await shield.me()).renewal?.due).toBe(true);
  const form = await application(shield, OWNER, "renew");
  const network = losingEach();
  let isBegun = false;
  const issued = await stubbornly(NAME, network, async (started) => {
    const from = network.sent.length;
    try {
      return await (isBegun ? started.resumeRenewal(OWNER.pin) : started.renew(form, OWNER.pin));
    } catch (error) {
      const calls = network.sent.slice(from).map(({ call }) => call);
      isBegun ||= calls.includes(BEGIN) && calls.at(-1) !== BEGIN;
      if (!(error instanceof PhoneError) || error.code !== "no_renewal") {
        throw error;
      }
      // Killed after the service made its half of the key and before the phone had it: begun again, with a new code.
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
