/**
 * Attack G: no certificate is accepted before an answer under its key was checked, wherever it comes from.
 */

import { expect, test } from "vitest";

import { awaitsProof, resume, adoptCertificate } from "../src/enrolment.ts";
import { fromHex } from "../src/fields.ts";
import { readFacts, readPem } from "../src/index.ts";
import type { IssuedCertificate } from "../src/messages.ts";
import type { Operation } from "../src/operation.ts";

import { PEM } from "./pem.ts";

const PIN = "246813";

/** Returns a phone with a new key for which the service has a certificate. */
function operation(proven: boolean): { asked: Operation; calls: string[]; changes: object[] } {
  const [calls, changes] = [[] as string[], [] as object[]];
  const { subject, serial } = readPem(PEM);
  const pending = {
    uid: new Uint8Array(16),
    public: fromHex(readFacts(PEM).publicKey, 65),
    subject,
    slots: [],
    proven,
    renews: false,
  };
  const certificate = {
    state: "active",
    holds: [],
    serial,
    shield_number: "MS12345678901",
    pem: PEM,
    chain_pem: [],
    log_key: "shield.example/log+00000000+AQ==",
    subject: {
      country: subject.country,
      organisation: subject.organisation,
      role: subject.role,
      common_name: subject.commonName,
    },
    not_before: 0,
    not_after: 1,
    pin_change_due: false,
    changes: [],
  };
  const vault = {
    state: { pending, key: null },
    change: async (change: object) => changes.push(change),
  };
  const connection = {
    get: async () => certificate,
    post: async (path: string, _: object, { purpose }: { purpose: string }) => {
      calls.push(`${path.split("/").at(-1)} ${purpose}`);
      throw new Error("the service doesn't answer");
    },
  };
  const asked = { connection, vault, loggedIn: () => ({}), key: () => pending } as unknown as Operation;
  return { asked, calls, changes };
}

const ISSUED = { pem: PEM, chainPem: [], shieldNumber: "MS12345678901" } as unknown as IssuedCertificate;

test("a key without a checked answer first signs a confirm task", async () => {
  const { asked, calls, changes } = operation(false);
  await expect(resume(asked, PIN)).rejects.toThrow("the service doesn't answer");
  expect(calls).toEqual(["tasks confirm"]);
  expect(changes).toEqual([]);
});

test("its certificate can't be taken over in any other way", async () => {
  const { asked, changes } = operation(false);
  expect(awaitsProof(asked, ISSUED)).toBe(true);
  await expect(adoptCertificate(asked, ISSUED)).rejects.toMatchObject({ code: "bad_answer" });
  expect(changes).toEqual([]);
});

test("takes over the certificate of a key with a checked answer", async () => {
  const { asked, calls, changes } = operation(true);
  expect(awaitsProof(asked, ISSUED)).toBe(false);
  expect(await resume(asked, PIN)).toMatchObject({ pem: PEM });
  expect(calls).toEqual([]);
  expect(changes).toHaveLength(1);
});
