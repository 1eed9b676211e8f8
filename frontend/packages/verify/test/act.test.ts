/** A proof that the service's own code made and checked, and each change of it. */

import { expect, test } from "vitest";

import { type ActProof, verifyAct } from "../src/verify_act.ts";

const { key, file } = {
  key: "shield.example/log+fc0ab7f3+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
  file: {
    type: "mshield-act-proof/v1",
    act: {
      id: "01a20c28-6a68-72fc-9d14-b9b1e0c3723f",
      actor: "staff",
      actor_id: "01a20c28-6a68-72fc-9d14-b9aef963051b",
      act: "system.add",
      subject: "bs-1",
      details: '{"name": "掌上海关"}',
      at: 1795500305000,
    },
    salt: "0707070707070707070707070707070707070707070707070707070707070707",
    proof: {
      entry: "AQMAAAGiDChqaNQq88mKtJj9YmFcPfURc9ub7o4N1S5LeDBN85BVxvDc",
      index: 2,
      hashes: ["eWZfuhQrx4sZInqHv1osPy8qfaD/jpoDzssvkCaAYt4="],
      checkpoint:
        "shield.example/log\n3\nwftBluBdCngASrHKJRADD1SUDEn5PT2QBp7lLPINtoU=\n\n— shield.example/log /Aq38x9iVDr9i22Bz8Be6EA1V7X1c0EcuZ6Yrzr11scVL4qBYp1Hr8OBylnmZPsxYebDybjKBXNbi5Jl+7Qyg1U2jAU=\n",
    },
  },
} as const;
const NONE = { row: false, tree: false, checkpoint: false };

test("passes", () => {
  const steps = { row: true, tree: true, checkpoint: true };
  expect(verifyAct(file, key)).toEqual({ steps, holds: true, size: 3 });
});

test.each(["id", "actor", "actor_id", "act", "subject", "details"] as const)(
  "fails with another %s",
  (name) => {
    const changed: ActProof = { ...file, act: { ...file.act, [name]: "another" } };
    expect(verifyAct(changed, key)).toMatchObject({ steps: { row: false, tree: true }, holds: false });
  },
);

test("fails with another time, actor, salt, place, hash or key", () => {
  const { act, proof } = file;
  expect(verifyAct({ ...file, act: { ...act, at: act.at + 1 } }, key).steps.row).toBe(false);
  expect(verifyAct({ ...file, act: { ...act, actor_id: null } }, key).steps.row).toBe(false);
  expect(verifyAct({ ...file, salt: "00".repeat(32) }, key).steps.row).toBe(false);
  expect(verifyAct({ ...file, proof: { ...proof, index: 1 } }, key).steps.tree).toBe(false);
  expect(verifyAct({ ...file, proof: { ...proof, hashes: [] } }, key).steps.tree).toBe(false);
  const other = key.replace("shield.example", "other.example");
  expect(verifyAct(file, other)).toMatchObject({ steps: { row: true, checkpoint: false }, holds: false });
});

test("unreadable proofs pass no step", () => {
  const proof = { entry: "!", index: -1, hashes: ["!"], checkpoint: "" };
  expect(verifyAct({ ...file, salt: "zz", proof }, "no key")).toEqual({
    steps: NONE,
    holds: false,
    size: null,
  });
});
