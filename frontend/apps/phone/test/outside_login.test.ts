// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nextTick } from "vue";

const shield = { beginOutsideLogin: vi.fn(), finishOutsideLogin: vi.fn() };
vi.mock("../src/engine/shield.ts", () => ({ shield }));
const { finish, openLoginPage, readReturn } = await import("../src/engine/outside_login.ts");

const PAGE = "https://login.example.cn/authorize?state=s-1";
const opened = vi.fn();

beforeEach(async () => {
  vi.stubGlobal("location", { ...location, assign: opened });
  shield.beginOutsideLogin.mockResolvedValue({ address: PAGE, state: "s-1", expiresIn: 600 });
  await openLoginPage("customs", "/sign?request=1&k=2");
});
afterEach(() => vi.unstubAllGlobals());

test("the browser opens the page, and the target of the login is stored here", () => {
  expect(opened).toHaveBeenLastCalledWith(PAGE);
  expect(readReturn({ state: "s-1", code: "c" })).toEqual({
    state: "s-1",
    code: "c",
    next: "/sign?request=1&k=2",
    isOurs: true,
  });
});

test.for([{ state: "s-2", code: "c" }, { code: "c" }, { state: ["s-1", "s-2"], code: "c" }])(
  "a return from a login begun elsewhere leads home: %j",
  (query) => expect(readReturn(query).next).toBe("/"),
);

test.for([{ state: "s-1", error: "access_denied" }, { state: "s-1", code: "" }, { code: "c" }, {}])(
  "without a state and a code there is no login: %j",
  (query) => expect(readReturn(query).code).toBeNull(),
);

test("a target outside the app is not stored", async () => {
  await openLoginPage("customs", "//elsewhere.example/");
  expect(readReturn({ state: "s-1", code: "c" }).next).toBe("/");
});

test("once the login is finished, nothing of it is stored", async () => {
  shield.finishOutsideLogin.mockRejectedValueOnce(new Error("lost"));
  const returned = readReturn({ state: "s-1", code: "c" });
  await expect(finish(returned)).rejects.toThrow("lost");
  await finish(returned);
  expect(shield.finishOutsideLogin).toHaveBeenLastCalledWith("s-1", "c", undefined);
  await nextTick();
  expect(localStorage.getItem("mshield-outside-login")).toBeNull();
});
