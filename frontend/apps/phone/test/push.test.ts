/** A push in the service worker, and the app's side of switching pushes on, with a browser of the test's. */

import { afterEach, expect, test, vi } from "vitest";

const calls = vi.hoisted(() => ({
  push: vi.fn(),
  status: vi.fn(),
  subscribePush: vi.fn(),
  unsubscribePush: vi.fn(),
}));

vi.mock("../src/engine/shield.ts", () => ({ shield: calls }));

const { keepSubscribed, pushKinds, switchPush } = await import("../src/engine/push.ts");
const { hindrance } = await import("../src/engine/push_browser.ts");
const { openPush, readKind, showPush } = await import("../src/sw_push.ts");

const KEY = new Uint8Array(65).fill(4);
const BOTH = { requests: true, notices: true };

function broken(): never {
  throw new SyntaxError("no JSON");
}

/** A browser that answers the question so, and whose push service is there or isn't. */
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

test("what it is says the kind, whatever is sent", () => {
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

test("a press brings the open app to the inbox, or opens it there", async () => {
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

test("switched on, it is the browser's subscription; switched off, neither side keeps it", async () => {
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

test("who says no to the browser's question gets none, and nobody is asked at another time", async () => {
  browser("denied", "https://push.example/s/1");
  expect(hindrance()).toBe("denied");
  expect(await switchPush(BOTH)).toBe(false);
  expect(calls.push).not.toHaveBeenCalled();
  expect(calls.subscribePush).not.toHaveBeenCalled();
});

test("a browser without a push service says so", async () => {
  browser("granted", null);
  calls.push.mockResolvedValue({ key: KEY, on: null });
  await expect(switchPush(BOTH)).rejects.toMatchObject({ code: "no_push" });
  expect(calls.subscribePush).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
  expect(hindrance()).toBe("unsupported");
});

test("an address that the browser changed reaches the service, with the kinds that were on", async () => {
  browser("granted", "https://push.example/s/2");
  const on = { requests: true, notices: false };
  calls.push.mockResolvedValue({ key: KEY, on });
  calls.status.mockResolvedValue({ isLoggedIn: true });
  await keepSubscribed();
  expect(calls.push).not.toHaveBeenCalled(); // it never was on
  localStorage.setItem("mshield-push", "https://push.example/s/1");
  await keepSubscribed();
  expect(calls.subscribePush).toHaveBeenCalledWith(
    expect.objectContaining({ endpoint: "https://push.example/s/2" }),
    on,
  );
  await keepSubscribed();
  expect(calls.subscribePush).toHaveBeenCalledOnce();
});

test("who switches them off while a new address is being told has them off", async () => {
  browser("granted", "https://push.example/s/2");
  const answer = Promise.withResolvers<object>();
  calls.status.mockResolvedValue({ isLoggedIn: true });
  calls.push.mockReturnValue(answer.promise);
  localStorage.setItem("mshield-push", "https://push.example/s/1");
  const telling = keepSubscribed();
  const switching = switchPush({ requests: false, notices: false });
  answer.resolve({ key: KEY, on: BOTH });
  await Promise.all([telling, switching]);
  const [subscribed] = calls.subscribePush.mock.invocationCallOrder;
  expect(calls.unsubscribePush.mock.invocationCallOrder[0]).toBeGreaterThan(subscribed!);
  expect(localStorage.getItem("mshield-push")).toBeNull();
});
