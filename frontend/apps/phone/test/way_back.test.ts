// @vitest-environment happy-dom
/** Going back never leads a logged-in user to a login, nor a certificate's holder to the steps before it. */

import { type Me, ProblemError, type Status } from "@mshield/shield";
import { beforeEach, expect, test, vi } from "vitest";

const shield = { status: vi.fn(), me: vi.fn() };
vi.mock("../src/engine/shield.ts", () => ({ shield }));
vi.mock("../src/engine/place.ts", () => ({
  currentPlace: () => ({ kind: "kept" }),
  isScreenClosed: () => false,
}));
vi.mock("vue-router", async (original) => {
  const all = await original<typeof import("vue-router")>();
  return { ...all, createWebHistory: all.createMemoryHistory };
});
const { router } = await import("../src/router.ts");
const { readStatus, refresh } = await import("../src/engine/phone.ts");
const { recordConsents } = await import("../src/engine/policies.ts");
const { toLogin } = await import("../src/engine/to_login.ts");
const { settings } = await import("../src/settings.ts");
const { accountRoutes } = await import("../src/screens/account/routes.ts");
const { identityRoutes } = await import("../src/screens/identity/routes.ts");

const EMPTY = { template: "<i />" };
for (const route of [...accountRoutes, ...identityRoutes]) {
  router.addRoute({ ...route, component: EMPTY } as typeof route);
}
for (const path of ["/", "/next", "/apply", "/inbox"]) {
  router.addRoute({ path, name: path === "/" ? "home" : path.slice(1), component: EMPTY });
}
let sessions = 0;
let position = 0;

function login(isLoggedIn: boolean): void {
  sessions += 1;
  const sessionExpiresAt = isLoggedIn ? Date.now() + sessions : null;
  shield.status.mockResolvedValue({ isLoggedIn, sessionExpiresAt } as unknown as Status);
}

async function back(): Promise<string> {
  // The browser moves before the router asks, which a memory history doesn't simulate.
  history.replaceState({ position: (position -= 1) }, "");
  const moved = new Promise<void>((resolve) => {
    const stop = router.afterEach(() => setTimeout(() => (stop(), resolve())));
  });
  router.back();
  await moved;
  return router.currentRoute.value.fullPath;
}

beforeEach(async () => {
  settings.isWelcomed = true;
  recordConsents({ agreement: 1, privacy: 1, sensitive: 1 } as unknown as Parameters<
    typeof recordConsents
  >[0]);
  login(false);
  await readStatus();
  await router.replace("/login");
});

test("back after registering leads home, not to the login", async () => {
  await router.push("/register");
  login(true);
  await readStatus();
  await router.replace("/next");
  expect(await back()).toBe("/");
});

test("back after registering doesn't lead to its form", async () => {
  await router.push("/register");
  login(true);
  await readStatus();
  await router.push("/next");
  expect(await back()).toBe("/");
});

test("a logged-in user who opens the login's address is led to its target", async () => {
  login(true);
  await router.push("/login?next=/inbox");
  expect(router.currentRoute.value.fullPath).toBe("/inbox");
});

test("a login that the service has ended is asked for, though the phone still stores it", async () => {
  login(true);
  await readStatus();
  await router.push("/inbox");
  shield.me.mockRejectedValue(new ProblemError("unauthenticated", 401, undefined, {}));
  await refresh().catch(() => undefined);
  await toLogin();
  expect(router.currentRoute.value.fullPath).toBe("/login?next=/inbox");
  login(true);
  await readStatus();
  await router.push("/login");
  expect(router.currentRoute.value.path).toBe("/");
});

test("back after a certificate was issued leads home", async () => {
  login(true);
  await router.push("/");
  const certificate = { state: "active", holds: [], notAfter: Date.now() + 1e9, shieldNumber: "MS1" };
  shield.me.mockResolvedValue({ certificate: null, renewal: null });
  await refresh();
  for (const path of ["/next", "/identity", "/identity/code", "/apply"]) {
    await router.push(path);
  }
  shield.me.mockResolvedValue({ certificate, renewal: null } as unknown as Me);
  await refresh();
  expect(await back()).toBe("/");
});

test("without a certificate, back leads to the unfinished step", async () => {
  login(true);
  await router.push("/");
  shield.me.mockResolvedValue({ certificate: null, renewal: null });
  await refresh();
  await router.push("/identity");
  await router.push("/apply");
  expect(await back()).toBe("/identity");
});

test("no welcome is shown after a login", async () => {
  settings.isWelcomed = false;
  await router.push("/login?next=/next");
  login(true);
  await readStatus();
  await router.replace("/next");
  expect(router.currentRoute.value.path).toBe("/next");
  expect(settings.isWelcomed).toBe(true);
});
