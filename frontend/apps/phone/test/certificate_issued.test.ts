// @vitest-environment happy-dom
/** After the certificate is issued, only features that this browser supports are offered. */

import type { IssuedCertificate } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { afterEach, expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const { canBiometric, isBiometricOn, hindrance, pushKinds } = vi.hoisted(() => ({
  canBiometric: vi.fn(),
  isBiometricOn: vi.fn(),
  hindrance: vi.fn(),
  pushKinds: vi.fn(),
}));
vi.mock("../src/engine/biometric.ts", () => ({ canBiometric, isBiometricOn }));
vi.mock("../src/engine/push_browser.ts", () => ({ hindrance }));
vi.mock("../src/engine/push.ts", () => ({ pushKinds }));
const { default: CertificateIssued } = await import("../src/screens/certificate/CertificateIssued.vue");

const CERTIFICATE = {
  shieldNumber: "MS00000000001",
  notAfter: Date.now() + 1e10,
  subject: { organisation: "宁波北潮进出口有限公司", commonName: "林知远", role: "operator" },
} as unknown as IssuedCertificate;

async function rows(can: boolean, blocked: string | null, kinds: unknown): Promise<string[]> {
  canBiometric.mockResolvedValue(can);
  isBiometricOn.mockResolvedValue(false);
  hindrance.mockReturnValue(blocked);
  pushKinds.mockImplementation(async () => kinds);
  const { wrapper } = await mounted(CertificateIssued, { certificate: CERTIFICATE });
  await flushPromises();
  const shown = wrapper.findAll("nav a").map((row) => row.text());
  wrapper.unmount();
  return shown;
}

const OFF = { requests: false, notices: false };
afterEach(() => vi.clearAllMocks());

test("without a supported feature the row is omitted", async () => {
  const shown = await rows(false, "unsupported", OFF);
  expect(shown).toHaveLength(2);
  expect(shown.join()).not.toContain("其余步骤");
});

test.for([
  [true, "denied", OFF, "指纹或面容，可以以后再办"],
  [true, null, null, "指纹或面容，可以以后再办"],
  [false, null, OFF, "通知，可以以后再办"],
  [true, null, OFF, "指纹或面容、通知，可以以后再办"],
] as const)("otherwise the row names the supported features", async ([can, blocked, kinds, hint]) => {
  expect((await rows(can, blocked, kinds)).at(-1)).toBe(`其余步骤${hint}`);
});
