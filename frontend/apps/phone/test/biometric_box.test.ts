import { expect, test } from "vitest";

import { seal, type SealedPin, sealingKey, unseal } from "../src/engine/biometric_box.ts";

const OWNER = { keyId: "0a".repeat(16), pinSetAt: 1_700_000_000_000 };

function output(first: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(32).fill(first);
}

async function sealed(pin: string): Promise<SealedPin> {
  const where = { credentialId: output(1), salt: output(2) };
  return { ...OWNER, ...where, ...(await seal(await sealingKey(output(7)), OWNER, pin)) };
}

test("a sealed PIN opens with the same PRF output", async () => {
  expect(await unseal(await sealingKey(output(7)), await sealed("271828"))).toBe("271828");
});

test.each([
  ["another output", output(8), {}],
  ["another key", output(7), { keyId: "0b".repeat(16) }],
  ["another day", output(7), { pinSetAt: OWNER.pinSetAt + 1 }],
])("it doesn't open with %s", async (_, prf, other) => {
  await expect(unseal(await sealingKey(prf), { ...(await sealed("271828")), ...other })).rejects.toThrow();
});

test("each PIN is sealed with another IV, always to the same length", async () => {
  const [one, other] = [await sealed("271828"), await sealed("314159")];
  expect(one.iv).not.toEqual(other.iv);
  expect([one.box.length, other.box.length]).toEqual([22, 22]);
});

test("the key can't be exported", async () => {
  await expect(crypto.subtle.exportKey("raw", await sealingKey(output(7)))).rejects.toThrow();
});
