// @vitest-environment happy-dom
/** Answers of the service and the browser that come late: an older one takes no newer one's place. */

import type { Me, Policies } from "@mshield/shield";
import { effectScope } from "vue";
import { beforeEach, expect, test, vi } from "vitest";

const shield = {
  status: vi.fn(async () => ({ isLoggedIn: true })),
  me: vi.fn<() => Promise<Me>>(),
  about: vi.fn(async () => null),
  dueConsents: vi.fn<() => Promise<string[]>>(),
  agree: vi.fn(async () => undefined),
  persist: vi.fn<() => Promise<boolean>>(),
  captcha: vi.fn(),
  captchaAudio: vi.fn<() => Promise<Uint8Array>>(),
};
vi.mock("../src/engine/shield.ts", () => ({ getReady: () => undefined, shield }));
vi.mock("../src/engine/to_login.ts", () => ({ toLogin: async () => undefined }));
const { forget, phone, refresh } = await import("../src/engine/phone.ts");
const { agreeAnew, dueConsents, lookForDue } = await import("../src/engine/policies.ts");
const { askToKeep, useKeeping } = await import("../src/engine/keeping.ts");
const { useCaptcha } = await import("../src/engine/captcha.ts");

const later = <T>() => Promise.withResolvers<T>();
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const VERSIONS = { privacy: "1", agreement: "1", sensitive: "1" } as Policies["versions"];

beforeEach(() => vi.clearAllMocks());

test("of two looks at the account the newer one's answer stays", async () => {
  const [old, young] = [later<Me>(), later<Me>()];
  shield.me.mockReturnValueOnce(old.promise).mockReturnValueOnce(young.promise);
  const looks = [refresh(), refresh()];
  young.resolve({ account: "young", certificate: null } as unknown as Me);
  await looks[1];
  old.resolve({ account: "old", certificate: null } as unknown as Me);
  await looks[0];
  expect(phone.me).toEqual({ account: "young", certificate: null });
});

test("what comes after the lock or the logout shows nobody", async () => {
  const answer = later<Me>();
  shield.me.mockReturnValueOnce(answer.promise);
  const look = refresh();
  await settled();
  forget();
  answer.resolve({ account: "gone" } as unknown as Me);
  await look;
  expect(phone.me).toBeNull();
});

test("who has just agreed isn't asked by an answer from before", async () => {
  const answer = later<string[]>();
  shield.dueConsents.mockReturnValueOnce(answer.promise);
  const look = lookForDue();
  await agreeAnew(VERSIONS);
  answer.resolve(["privacy"]);
  await look;
  expect(dueConsents.value).toEqual([]);
});

test("who runs the service is asked for behind what the first screen waits for", async () => {
  const answer = later<string[]>();
  shield.dueConsents.mockReturnValueOnce(answer.promise);
  const look = lookForDue();
  await settled();
  expect(shield.about).not.toHaveBeenCalled();
  answer.resolve([]);
  await look;
  expect(shield.about).toHaveBeenCalledOnce();
  shield.dueConsents.mockRejectedValueOnce(new Error("no network"));
  await lookForDue();
  expect(shield.about).toHaveBeenCalledOnce();
});

test("the browser's promise to keep the key stays, though it was looked up before it was given", async () => {
  const looked = later<boolean>();
  vi.stubGlobal("navigator", { storage: { persisted: () => looked.promise } });
  const scope = effectScope();
  const isKept = scope.run(() => useKeeping())!;
  shield.persist.mockResolvedValue(true);
  await askToKeep();
  looked.resolve(false);
  await settled();
  expect(isKept.value).toBe(true);
  scope.stop();
  vi.unstubAllGlobals();
});

test("the sound of a picture that is gone isn't played for the one that stands there", async () => {
  const play = vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue(undefined);
  const image = new Uint8Array([1]);
  shield.captcha.mockResolvedValueOnce({ id: "c1", image }).mockResolvedValueOnce({ id: "c2", image });
  const sound = later<Uint8Array>();
  shield.captchaAudio.mockReturnValueOnce(sound.promise);
  const scope = effectScope();
  const captcha = scope.run(() => useCaptcha())!;
  await captcha.draw();
  const hearing = captcha.hear();
  await captcha.draw();
  sound.resolve(new Uint8Array([2]));
  await hearing;
  expect(play).not.toHaveBeenCalled();
  shield.captchaAudio.mockResolvedValueOnce(new Uint8Array([3]));
  await captcha.hear();
  expect(shield.captchaAudio).toHaveBeenLastCalledWith("c2");
  scope.stop();
});
