// @vitest-environment happy-dom
/** Late answers of service and browser: an older one never replaces a newer one. */

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
const { renewConsents, dueConsents, checkDueConsents } = await import("../src/engine/policies.ts");
const { requestPersistence, usePersistence } = await import("../src/engine/persistence.ts");
const { useCaptcha } = await import("../src/engine/captcha.ts");

const later = <T>() => Promise.withResolvers<T>();
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const VERSIONS = { privacy: "1", agreement: "1", sensitive: "1" } as Policies["versions"];

beforeEach(() => vi.clearAllMocks());

test("the newer of two account requests determines the result", async () => {
  const [old, young] = [later<Me>(), later<Me>()];
  shield.me.mockReturnValueOnce(old.promise).mockReturnValueOnce(young.promise);
  const looks = [refresh(), refresh()];
  young.resolve({ account: "young", certificate: null } as unknown as Me);
  await looks[1];
  old.resolve({ account: "old", certificate: null } as unknown as Me);
  await looks[0];
  expect(phone.me).toEqual({ account: "young", certificate: null });
});

test("an answer that arrives after lock or logout is dropped", async () => {
  const answer = later<Me>();
  shield.me.mockReturnValueOnce(answer.promise);
  const look = refresh();
  await settled();
  forget();
  answer.resolve({ account: "gone" } as unknown as Me);
  await look;
  expect(phone.me).toBeNull();
});

test("an answer from before a consent doesn't ask for it again", async () => {
  const answer = later<string[]>();
  shield.dueConsents.mockReturnValueOnce(answer.promise);
  const look = checkDueConsents();
  await renewConsents(VERSIONS);
  answer.resolve(["privacy"]);
  await look;
  expect(dueConsents.value).toEqual([]);
});

test("the operator's data is loaded after the data for the first screen", async () => {
  const answer = later<string[]>();
  shield.dueConsents.mockReturnValueOnce(answer.promise);
  const look = checkDueConsents();
  await settled();
  expect(shield.about).not.toHaveBeenCalled();
  answer.resolve([]);
  await look;
  expect(shield.about).toHaveBeenCalledOnce();
  shield.dueConsents.mockRejectedValueOnce(new Error("no network"));
  await checkDueConsents();
  expect(shield.about).toHaveBeenCalledOnce();
});

test("a storage promise isn't overwritten by an older lookup", async () => {
  const looked = later<boolean>();
  vi.stubGlobal("navigator", { storage: { persisted: () => looked.promise } });
  const scope = effectScope();
  const isKept = scope.run(() => usePersistence())!;
  shield.persist.mockResolvedValue(true);
  await requestPersistence();
  looked.resolve(false);
  await settled();
  expect(isKept.value).toBe(true);
  scope.stop();
  vi.unstubAllGlobals();
});

test("the audio of a replaced captcha isn't played for the new one", async () => {
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
