/** Falsified answers, a replaced session, malformed PINs: no attempt is spent, and nothing is stored. */

import { hex } from "@mshield/gm";
import { beforeAll, expect, test } from "vitest";

import { application, logIn, Network, phone, register } from "./phone.ts";
import { copyStorage, record } from "./records.ts";
import { ask, DOCUMENT, SERVICE, qrText, stateOf } from "./service.ts";

const OWNER = SERVICE.people.legal_person;
const NAME = "honest";

/** Returns a network that replaces this text in the answers to one kind of call. */
function lying(kind: string, what: RegExp, by: (text: string) => string): Network {
  const network = new Network();
  network.lie = (call, answer) => (call.endsWith(kind) ? answer.replace(what, by) : answer);
  return network;
}

/** Ignores that another file's tests have already registered the account. */
function ignoreExisting(error: unknown): void {
  expect(error).toMatchObject({ code: "account_exists" });
}

function other(digits: string): string {
  return digits.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
}

beforeAll(async () => {
  const shield = phone(NAME);
  await register(shield, OWNER).catch(ignoreExisting);
  await logIn(shield, OWNER);
});

test("refuses a joint key that is not in the request, and one that is not a point", async () => {
  const form = await application(phone(NAME), OWNER);
  const swapped = lying("/key", /04[0-9a-f]{128}/, () => G);
  await expect(phone(NAME, { network: swapped }).apply(form, OWNER.pin)).rejects.toMatchObject({
    code: "bad_request_info",
  });
  const off = lying("/key", /04[0-9a-f]{128}/, other);
  const again = await application(phone(NAME), OWNER);
  await expect(phone(NAME, { network: off }).apply(again, OWNER.pin)).rejects.toMatchObject({
    code: "malformed",
  });
  await phone(NAME).apply(await application(phone(NAME), OWNER), OWNER.pin);
});

test.for([
  ["another domain", /singlewindow\.example/, "singlewindov.example", "login"],
  ["another title", /报关单/, "放行单", "signature"],
  ["another line", /126000\.00 欧元/, "1.00 欧元", "signature"],
  ["another content", /"content_b64":"[^"]*"/, '"content_b64":"AAAA"', "signature"],
  ["a document without rendered lines, even none", /"drawn":(?:null|"[^"]*"),/, "", "signature"],
] as const)("refuses to show a scan with %s", async ([, what, by, kind]) => {
  const document = { ...DOCUMENT, format: "cms" };
  const asked = await ask(kind, kind === "login" ? {} : { documents: [document] });
  const network = lying("/scans", what, () => by);
  await expect(phone(NAME, { network }).scan(qrText(asked))).rejects.toMatchObject({ code: "bad_task" });
  expect((await record(NAME)).scanned).toBeNull();
});

test.for([
  ["Q2", /(?<="Q2":")[0-9a-f]+/, "bad_proof"],
  ["A", /(?<="A":")[0-9a-f]+/, "bad_proof"],
  ["z", /(?<="z":")[0-9a-f]+/, "bad_proof"],
] as const)("doesn't ask for the PIN with another %s", async ([, what, code]) => {
  await phone(NAME).scan(qrText(await ask("login")));
  const network = lying("/open", what, other);
  const asked: unknown[] = [];
  const approved = phone(NAME, { network }).approve((prompt) => {
    asked.push(prompt);
    return OWNER.pin;
  });
  await expect(approved).rejects.toMatchObject({ code });
  expect(asked).toEqual([]);
});

test.for(["r", "s"])("refuses a signature with another %s, and the phone recovers", async (name) => {
  const asked = await ask("login");
  await phone(NAME).scan(qrText(asked));
  const network = lying("/finish", new RegExp(`(?<="${name}":")[0-9a-f]+`), other);
  await expect(phone(NAME, { network }).approve(OWNER.pin)).rejects.toMatchObject({ code: "bad_answer" });
  expect((await record(NAME)).key?.slots).toHaveLength(1);
  expect(await phone(NAME).approve(OWNER.pin)).toMatchObject({ recovered: true });
  await phone(NAME).scan(qrText(await ask("login")));
  await phone(NAME).approve(OWNER.pin);
});

test("reopens a replaced session with the PIN still in memory", async () => {
  const asked = await ask("login");
  await phone(NAME).scan(qrText(asked));
  let times = 0;
  const network = new Network();
  await phone(NAME, { network }).approve(async () => {
    times++;
    await copyStorage(NAME, "twin");
    await expect(phone("twin").approve(() => Promise.reject(new Error("no PIN")))).rejects.toThrow("no PIN");
    return OWNER.pin;
  });
  expect(times).toBe(1);
  const steps = network.sent.map(({ call }) => call.split("/").at(-1));
  expect(steps).toEqual(["open", "finish", "open", "finish"]);
  expect((await stateOf(asked)).state).toBe("signed");
  expect((await record(NAME)).key?.left).toBe(5);
});

test("refuses a malformed PIN before spending a session on it", async () => {
  await phone(NAME).scan(qrText(await ask("login")));
  const network = new Network();
  for (const pin of ["12345", "1234567", "12345a", "１２３４５６"]) {
    await expect(phone(NAME, { network }).approve(pin)).rejects.toMatchObject({ code: "bad_pin_form" });
  }
  expect(network.sent).toEqual([]);
  await phone(NAME).approve(OWNER.pin);
});

test("keeps nothing of open and finish, whatever the outcome", async () => {
  const network = new Network();
  const kept: string[] = [];
  for (const pin of ["135790", OWNER.pin]) {
    await phone(NAME).scan(qrText(await ask("login")));
    await phone(NAME, { network })
      .approve(pin)
      .catch(() => undefined);
    kept.push(stored(await record(NAME)));
  }
  const bodies = network.sent.filter(({ call }) => /open|finish/.test(call)).map(({ body }) => body);
  expect(bodies).toHaveLength(4);
  const secrets = bodies.flatMap((body) => body.match(/(?<="(?:c|Q1|rho|s_prime)":")[0-9a-f]+/g) ?? []);
  expect(secrets).toHaveLength(8);
  for (const secret of [...secrets, OWNER.pin, "135790"]) {
    expect(kept.some((text) => text.includes(`"${secret}"`))).toBe(false);
  }
});

test("the fifth wrong PIN locks permanently", async () => {
  await phone(NAME).scan(qrText(await ask("login")));
  for (const left of [4, 3, 2, 1]) {
    await expect(phone(NAME).approve("135790")).rejects.toMatchObject({ code: "wrong_pin", left });
    expect((await phone(NAME).status()).left).toBe(left);
  }
  await expect(phone(NAME).approve("135790")).rejects.toMatchObject({ code: "pin_locked" });
  expect((await phone(NAME).status()).left).toBe(0);
  await expect(phone(NAME).approve(OWNER.pin)).rejects.toMatchObject({ code: "pin_locked" });
  expect((await phone(NAME).certificate()).state).toBe("pin_locked");
});

/** Returns a record as text, with bytes in hex. */
function stored(state: unknown): string {
  return JSON.stringify(state, (_, value: unknown) => (value instanceof Uint8Array ? hex(value) : value));
}

const G =
  "0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7" +
  "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0";
