/** The app's main path against the running service: from registration to a signature and a changed PIN. */

import { writeFileSync } from "node:fs";

import { afterAll, expect, test } from "vitest";

import { type PinPrompt, ProblemError, RemoteSecrets } from "../src/index.ts";
import { serveSecrets } from "../src/serve_secrets.ts";
import { application, logIn, phone, register } from "./phone.ts";
import { record } from "./records.ts";
import { ask, DOCUMENT, SERVICE, qrText, stateOf } from "./service.ts";

const OWNER = SERVICE.people.operator;
const NEW_PIN = "480517";
// As in the app, the share is held behind a port.
const channel = new MessageChannel();
serveSecrets(channel.port1);
const shield = phone("owner", { secrets: new RemoteSecrets(channel.port2) });
const PDF = { ...DOCUMENT, media_type: "application/pdf", content_b64: SERVICE.pdf };
const signed: string[] = [];

afterAll(() => channel.port2.close());

test("registers, logs in and applies with a PIN", async () => {
  await register(shield, OWNER);
  await logIn(shield, OWNER);
  const issued = await shield.apply(await application(shield, OWNER), OWNER.pin);
  expect(issued).toMatchObject({ state: "active", subject: { commonName: OWNER.name } });
  expect(await shield.status()).toMatchObject({
    isLoggedIn: true,
    certificatePem: issued.pem,
    isApplicationPending: false,
    isOperationUnfinished: false,
    isUnusable: false,
    left: 5,
  });
});

test("scans and signs a declaration in all formats at once; asks for the PIN after open", async () => {
  const documents = [
    { ...DOCUMENT, format: "raw" },
    { ...DOCUMENT, format: "cms" },
    { ...DOCUMENT, format: "cms_detached" },
    { ...DOCUMENT, format: "gb35275", options: { signing_time: true } },
    { ...DOCUMENT, format: "gb35275_detached", options: { attributes: false } },
    { ...DOCUMENT, format: "gb35275_digest" },
    { ...DOCUMENT, format: "xml" },
    { ...PDF, format: "pdf", options: { pdf_signature: "cades", bind_display: true } },
  ];
  const asked = await ask("signature", { documents });
  const scanned = await shield.scan(qrText(asked));
  expect(scanned.requester).toMatchObject({ domain: "singlewindow.example" });
  expect(scanned.tasks.map(({ display }) => display)).toEqual(documents.map(({ display }) => display));
  const prompts: PinPrompt[] = [];
  const approved = await shield.approve((prompt) => {
    prompts.push(prompt);
    return OWNER.pin;
  });
  expect(prompts).toMatchObject([{ left: 5, fell: false }]);
  expect(approved).toMatchObject({ requestId: asked.id, recovered: false });
  expect(approved.documents.every(({ signature }) => signature !== null)).toBe(true);
  expect((await stateOf(asked)).state).toBe("signed");
  expect((await shield.status()).isOperationUnfinished).toBe(false);
  signed.push(asked.id);
});

test("logs in to the business system", async () => {
  const asked = await ask("login");
  await shield.scan(qrText(asked));
  await shield.approve(OWNER.pin);
  expect((await stateOf(asked)).state).toBe("signed");
});

test("takes a request from the inbox, and declines one as not mine", async () => {
  const shieldNumber = (await shield.status()).shieldNumber;
  const asked = await ask("signature", { documents: [DOCUMENT], shield_number: shieldNumber });
  expect((await shield.inbox()).map(({ requestId }) => requestId)).toEqual([asked.id]);
  await shield.take(asked.id);
  await shield.decline("not_me");
  expect(await stateOf(asked)).toMatchObject({ state: "declined", reason: "not_me" });
});

test("excludes one of a batch and signs the others", async () => {
  const asked = await ask("signature", { documents: [DOCUMENT, DOCUMENT, DOCUMENT] });
  const { tasks } = await shield.scan(qrText(asked));
  const all = new Map(tasks.map(({ sid }) => [sid, "都不对"]));
  await expect(shield.approve(OWNER.pin, asked.id, { excluded: all })).rejects.toMatchObject({
    code: "nothing_left",
  });
  const excluded = new Map([[tasks[1]!.sid, "单价写错了"]]);
  const approved = await shield.approve(OWNER.pin, asked.id, { excluded });
  expect(approved.documents.map(({ end }) => end)).toEqual(["signed", "excluded", "signed"]);
  expect((await stateOf(asked)).state).toBe("signed");
});

test("signs several inbox requests under one PIN; a request that is excluded entirely stays there", async () => {
  const shieldNumber = (await shield.status()).shieldNumber;
  const more = { documents: [DOCUMENT], shield_number: shieldNumber };
  const [first, second, third] = [
    await ask("signature", more),
    await ask("signature", { ...more, documents: [DOCUMENT, DOCUMENT] }),
    await ask("signature", more),
  ];
  const scanned = await shield.openTogether([first!.id, second!.id, third!.id]);
  expect(scanned).toMatchObject({ isFromInbox: true, requestId: first!.id });
  expect(scanned.parts!.map(({ sids }) => sids.length)).toEqual([1, 2, 1]);
  await expect(shield.approve("135790")).rejects.toMatchObject({ code: "wrong_pin", left: 4 });
  const excluded = new Map([
    [scanned.tasks[1]!.sid, "重复了"],
    [scanned.tasks[3]!.sid, ""],
  ]);
  const approved = await shield.approve(OWNER.pin, undefined, { excluded });
  expect(approved.documents.map(({ end }) => end)).toEqual(["signed", "excluded", "signed", "left"]);
  expect((await shield.status()).scanned).toBeNull();
  expect((await shield.inbox()).map(({ requestId }) => requestId)).toEqual([third!.id]);
  await shield.take(third!.id);
  await shield.decline();
});

test("declines several inbox requests together, even if one has ended", async () => {
  const shieldNumber = (await shield.status()).shieldNumber;
  const more = { documents: [DOCUMENT], shield_number: shieldNumber };
  const [first, second] = [await ask("signature", more), await ask("signature", more)];
  await shield.openTogether([first.id]);
  await shield.openTogether([second.id, first.id]);
  await shield.decline("declined");
  expect([(await stateOf(first)).state, (await stateOf(second)).state]).toEqual(["declined", "declined"]);
  expect((await shield.status()).scanned).toBeNull();
});

test("a wrong PIN reports the attempts left, and a right one restores them", async () => {
  await shield.scan(qrText(await ask("signature", { documents: [DOCUMENT] })));
  const refused = await shield.approve("135790").catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ProblemError);
  expect(refused).toMatchObject({ code: "wrong_pin", left: 4, faq: "3.8" });
  expect((await shield.status()).left).toBe(4);
  await shield.approve(OWNER.pin);
  expect((await shield.status()).left).toBe(5);
});

test("after a PIN change the new PIN signs, and the old one doesn't", async () => {
  await expect(shield.changePin(OWNER.pin, "123456")).rejects.toMatchObject({ code: "weak_pin" });
  await expect(shield.changePin("135790", NEW_PIN)).rejects.toMatchObject({ code: "wrong_pin" });
  expect((await shield.status()).isOperationUnfinished).toBe(false);
  await expect(shield.changePin(() => NEW_PIN, NEW_PIN)).rejects.toMatchObject({ code: "same_pin" });
  expect((await shield.status()).isOperationUnfinished).toBe(false);
  // The failed attempt's slot is gone.
  expect((await record("owner")).key?.slots).toHaveLength(1);
  expect(await shield.changePin(OWNER.pin, NEW_PIN)).toEqual({ recovered: false });
  const asked = await ask("signature", { documents: [DOCUMENT] });
  await shield.scan(qrText(asked));
  await expect(shield.approve(OWNER.pin)).rejects.toMatchObject({ code: "wrong_pin", left: 4 });
  await shield.approve(NEW_PIN);
  signed.push(asked.id);
  const { items } = await shield.signatures({ limit: 100 });
  expect(items.some(({ kind, title }) => kind === "signature" && title === DOCUMENT.title)).toBe(true);
});

test("lists, searches and details this phone's signatures", async () => {
  const all = (await shield.signatures({ limit: 100 })).items;
  const matches = (await shield.signatures({ words: "报关单", limit: 100 })).items;
  expect(matches).toEqual(all.filter(({ title }) => title.includes("报关单")));
  expect(matches.length).toBeLessThan(all.length);
  expect((await shield.signatures({ words: "不存在的标题" })).items).toEqual([]);
  const first = await shield.signatures({ words: "报关单", limit: 1 });
  const second = await shield.signatures({ words: "报关单", limit: 1, before: first.next! });
  expect([...first.items, ...second.items]).toEqual(matches.slice(0, 2));
  const signature = await shield.signature(matches[0]!.sid);
  const { drawn, ...row } = matches[0]!;
  expect(drawn).toBeNull();
  expect(signature).toMatchObject({
    ...row,
    kind: "signature",
    mediaType: DOCUMENT.media_type,
    lines: DOCUMENT.display,
    size: Buffer.from(DOCUMENT.content_b64, "base64").length,
    domain: "singlewindow.example",
    certificateState: "active",
    revokedAt: null,
  });
  expect(signature.signature).toMatch(/^[0-9a-f]{128}$/);
  await expect(shield.signature("00".repeat(16))).rejects.toMatchObject({ code: "not_found" });
});

test("reports the certificate's history and the device as the service knows them", async () => {
  const { certificate, shieldNumber } = await shield.me();
  const { changes } = await shield.certificate();
  expect(changes).toEqual(certificate?.changes);
  expect(changes.map(({ event, by }) => [event, by])).toEqual([["activate", "service"]]);
  expect(Math.abs(changes[0]!.at - Date.now())).toBeLessThan(600_000);
  const [own, ...others] = (await shield.devices()).items;
  expect(own).toMatchObject({
    shieldNumber,
    state: "active",
    holds: [],
    organisation: certificate?.subject.organisation,
    isThisDevice: true,
    notAfter: certificate?.notAfter,
  });
  expect(own?.usedAt).toBeGreaterThanOrEqual(own!.issuedAt);
  expect(others).toEqual([]);
});

test("leaves the signed files for the SDK and BouncyCastle to verify", () => {
  expect(signed).toHaveLength(2);
  writeFileSync(SERVICE.file, JSON.stringify(signed));
});
