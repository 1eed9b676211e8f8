/** Kinds and states of a newer service are read as unknown, and the rest normally. */

import { expect, test } from "vitest";

import { identity } from "../src/identity.ts";
import { accountSources } from "../src/login.ts";
import { readInbox } from "../src/messages.ts";
import type { Operation } from "../src/operation.ts";
import { asks } from "../src/own_account.ts";
import { readPolicies } from "../src/policies.ts";
import { signature } from "../src/signatures.ts";

/** Returns an operation whose calls get this answer. */
const answered = (answer: unknown): Operation =>
  ({
    connection: { get: async () => answer },
    loggedIn: () => ({}),
    anonymous: () => ({}),
  }) as unknown as Operation;

const ASK = {
  id: "a1",
  kind: "report_loss",
  shield_number: "MS10720468813",
  note: "",
  state: "waiting",
  asked_at: 1,
  expires_at: 2,
  decided_at: null,
  reason: null,
};

test("questions to the legal representative", async () => {
  const items = [ASK, { ...ASK, kind: "transfer" }, { ...ASK, state: "passed_on" }];
  const read = await asks(answered({ items }));
  expect(read.map(({ kind, state }) => [kind, state])).toEqual([
    ["report_loss", "waiting"],
    ["unknown", "waiting"],
    ["report_loss", "unknown"],
  ]);
});

test("a request that waits for confirmation", async () => {
  const request = {
    state: "passed_on",
    credit_code: "91330206MA2XB7C1TW",
    enterprise: "北潮",
    asked_at: 1,
    expires_at: 2,
    remind_from: 1,
    decided_at: null,
  };
  const answer = { proofs: [], request, second_accounts: [], phone_change: null };
  expect((await identity(answered(answer))).request).toMatchObject({ state: "unknown", enterprise: "北潮" });
});

test("the inbox", () => {
  const system = { client_id: "yunfan", name: "云帆", domain: "yunfan.example" };
  const requester = { ...system, pc_address: null, pc_browser: null };
  const times = { asked_at: 1, expires_at: 2 };
  const of = (kind: string): object => ({
    request_id: kind,
    kind,
    title: "",
    documents: 1,
    requester,
    ...times,
  });
  const read = readInbox({ requests: [of("seal"), of("login"), of("signature")] });
  expect(read.map(({ kind }) => kind)).toEqual(["unknown", "login", "signature"]);
});

test("a signature", async () => {
  const answer = {
    sid: "s1",
    kind: "seal",
    title: "合同",
    business_name: null,
    signed_at: 1,
    serial: null,
    digest: "00",
    media_type: "text/plain",
    format: "ofd",
    size: 1,
    lines: [],
    domain: null,
    request_id: null,
    pc_address: null,
    pc_browser: null,
    log_index: null,
    content_digest: "00",
    display_bound: false,
    drawing_b64: null,
    confirmed: null,
    signer: null,
    signature: "00",
    certificate_state: null,
    revoked_at: null,
  };
  const read = await signature(answered(answer), "s1");
  expect(read).toMatchObject({ kind: "unknown", format: "unknown", title: "合同" });
});

test("skips ways to log in and documents that this version can't show", async () => {
  const source = { name: "a", kind: "password", title_zh: "甲", title_en: "A" };
  const read = await accountSources(answered({ items: [source, { ...source, kind: "passkey" }] }));
  expect(read.map(({ kind }) => kind)).toEqual(["password"]);
  const text = { title: "", changes: "", body: "" };
  const items = ["privacy", "children"].map((name) => ({ name, version: "1", zh: text, en: text }));
  const versions = { privacy: "1", agreement: "1", sensitive: "1" };
  expect(readPolicies({ items, versions }).documents.map(({ name }) => name)).toEqual(["privacy"]);
});
