/** Push in the service worker, and switching it on in the app, with a simulated browser. */

import { afterEach, expect, test, vi } from "vitest";

const calls = vi.hoisted(() => ({
  push: vi.fn(),
  status: vi.fn(),
  subscribePush: vi.fn(),
  unsubscribePush: vi.fn(),
}));

vi.mock("../src/engine/shield.ts", () => ({ shield: calls }));

const { renewSubscription, pushKinds, switchPush } = await import("../src/engine/push.ts");
const { hindrance } = await import("../src/engine/push_browser.ts");
const { openPush, readKind, showPush } = await import("../src/sw_push.ts");

const KEY = new Uint8Array(65).fill(4);
const BOTH = { requests: true, notices: true };

function broken(): never {
  throw new SyntaxError("no JSON");
}

/** Simulates a browser with this permission, with or without a push service. */
function browser(permission: NotificationPermission, endpoint: string | null) {
  const subscription = endpoint && {
    endpoint,
    getKey: (name: string) => new Uint8Array(name === "auth" ? 16 : 65).buffer,
    unsubscribe: vi.fn(async () => true),
  };
  const pushManager = {
    subscribe: vi.fn(async () => {
      if (subscription === null) {
        throw new DOMException("no push service", "AbortError");
      }
      return subscription;
    }),
    getSubscription: vi.fn(async () => subscription),
  };
  const registration = { pushManager };
  vi.stubGlobal("PushManager", Object);
  vi.stubGlobal("Notification", { permission, requestPermission: async () => permission });
  vi.stubGlobal("navigator", {
    serviceWorker: { ready: Promise.resolve(registration), getRegistration: async () => registration },
  });
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
  });
  return { pushManager, subscription };
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

test("a push is read as its kind, whatever is sent", () => {
  expect(readKind({ json: () => ({ kind: "request" }) })).toBe("request");
  for (const sent of [{ kind: "x", body: "签这个" }, null, "request", 7]) {
    expect(readKind({ json: () => sent })).toBe("notice");
  }
  expect(readKind(null)).toBe("notice");
  expect(readKind({ json: broken })).toBe("notice");
});

test("a notification has the app's own words, in the phone's language", async () => {
  for (const [language, title] of [
    ["zh-CN", "手机盾"],
    ["de", "Mobile Shield"],
  ] as const) {
    const showNotification = vi.fn();
    await showPush(
      { registration: { showNotification }, navigator: { languages: [language] } } as never,
      "request",
    );
    expect(showNotification).toHaveBeenCalledOnce();
    const [shown, options] = showNotification.mock.calls[0]!;
    expect(shown).toBe(title);
    expect(options).toMatchObject({ tag: "request", data: "request" });
  }
});

test("a tap brings the open app to the inbox, or opens it there", async () => {
  const page = { url: "https://shield.example/app/me", focus: vi.fn(), postMessage: vi.fn() };
  const portal = { url: "https://shield.example/portal/", focus: vi.fn(), postMessage: vi.fn() };
  const openWindow = vi.fn();
  const close = vi.fn();
  const clients = (pages: unknown[]) => ({ clients: { matchAll: async () => pages, openWindow } }) as never;
  await openPush(clients([portal, page]), { close, data: "request" });
  expect(page.focus).toHaveBeenCalledOnce();
  expect(page.postMessage).toHaveBeenCalledWith({ open: "/inbox" });
  expect(portal.focus).not.toHaveBeenCalled();
  expect(openWindow).not.toHaveBeenCalled();
  await openPush(clients([portal]), { close, data: "https://evil.example" });
  expect(openWindow).toHaveBeenCalledWith("/app/");
  expect(close).toHaveBeenCalledTimes(2);
});

test("switching on subscribes at browser and service; switching off removes both", async () => {
  const { pushManager, subscription } = browser("granted", "https://push.example/s/1");
  calls.push.mockResolvedValue({ key: KEY, on: null });
  expect(await pushKinds()).toEqual({ requests: false, notices: false });
  expect(await switchPush(BOTH)).toBe(true);
  expect(pushManager.subscribe).toHaveBeenCalledWith({ userVisibleOnly: true, applicationServerKey: KEY });
  const [address, kinds] = calls.subscribePush.mock.calls[0]!;
  expect([address.endpoint, address.point.length, address.auth.length]).toEqual([
    "https://push.example/s/1",
    65,
    16,
  ]);
  expect(kinds).toEqual(BOTH);
  expect(await switchPush({ requests: false, notices: false })).toBe(true);
  expect(calls.unsubscribePush).toHaveBeenCalledOnce();
  expect((subscription as { unsubscribe: unknown }).unsubscribe).toHaveBeenCalledOnce();
});

test("without permission nothing is subscribed and the service isn't called", async () => {
  browser("denied", "https://push.example/s/1");
  expect(hindrance()).toBe("denied");
  expect(await switchPush(BOTH)).toBe(false);
  expect(calls.push).not.toHaveBeenCalled();
  expect(calls.subscribePush).not.toHaveBeenCalled();
});

test("a browser without a push service is reported", async () => {
  browser("granted", null);
  calls.push.mockResolvedValue({ key: KEY, on: null });
  await expect(switchPush(BOTH)).rejects.toMatchObject({ code: "no_push" });
  expect(calls.subscribePush).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
  expect(hindrance()).toBe("unsupported");
});

test("a changed address is reported to the service with the active kinds", async () => {
  browser("granted", "https://push.example/s/2");
  const on = { requests: true, notices: false };
  calls.push.mockResolvedValue({ key: KEY, on });
  calls.status.mockResolvedValue({ isLoggedIn: true });
  await renewSubscription();
  expect(calls.push).not.toHaveBeenCalled(); // it was never switched on
  localStorage.setItem("mshield-push", "https://push.example/s/1");
  await renewSubscription();
  expect(calls.subscribePush).toHaveBeenCalledWith(
    expect.objectContaining({ endpoint: "https://push.example/s/2" }),
    on,
  );
  await renewSubscription();
  expect(calls.subscribePush).toHaveBeenCalledOnce();
});

test("switching off while a new address is being reported takes effect", async () => {
  browser("granted", "https://push.example/s/2");
  const answer = Promise.withResolvers<object>();
  calls.status.mockResolvedValue({ isLoggedIn: true });
  calls.push.mockReturnValue(answer.promise);
  localStorage.setItem("mshield-push", "https://push.example/s/1");
  const telling = renewSubscription();
  const switching = switchPush({ requests: false, notices: false });
  answer.resolve({ key: KEY, on: BOTH });
  await Promise.all([telling, switching]);
  const [subscribed] = calls.subscribePush.mock.invocationCallOrder;
  expect(calls.unsubscribePush.mock.invocationCallOrder[0]).toBeGreaterThan(subscribed!);
  expect(localStorage.getItem("mshield-push")).toBeNull();
});
