/** Pushes, the browser's side: its permission, its subscription, and notifications that were pressed. */

import type { PushAddress } from "@mshield/shield";

import type { OpenMessage } from "../sw_push.ts";

/** Why this phone can't be woken: the browser has no pushes, or its user forbade them. */
export type Hindrance = "unsupported" | "denied";

/** Null where it can, as far as the browser says; it may still have no push service. */
export function hindrance(): Hindrance | null {
  if (!("serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis)) {
    return "unsupported";
  }
  return Notification.permission === "denied" ? "denied" : null;
}

/** The browser's question, at a press only; whether its user allows it. */
export async function isAllowed(): Promise<boolean> {
  return (await Notification.requestPermission()) === "granted";
}

/** This browser's subscription, made if there is none under this key; null where it has no push service. */
export async function subscription(key: Uint8Array<ArrayBuffer>): Promise<PushAddress | null> {
  const { pushManager } = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return addressOf(await pushManager.subscribe(options));
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidStateError") {
      // Made under another key, by a service that stood at this address before.
      await dropSubscription();
      return addressOf(await pushManager.subscribe(options));
    }
    if (error instanceof DOMException) {
      return null;
    }
    throw error;
  }
}

/** The address of the subscription that there is. */
export async function presentEndpoint(): Promise<string | null> {
  const registration = await navigator.serviceWorker?.getRegistration?.();
  return (await registration?.pushManager?.getSubscription())?.endpoint ?? null;
}

/** Ends it in the browser. */
export async function dropSubscription(): Promise<void> {
  const registration = await globalThis.navigator?.serviceWorker?.getRegistration?.();
  const present = await registration?.pushManager?.getSubscription().catch(() => null);
  await present?.unsubscribe().catch(() => false);
}

/** Goes where a pressed notification leads, unless something would be lost by it. */
export function watchNotifications(go: (path: string) => void, isBusy: () => boolean): void {
  navigator.serviceWorker?.addEventListener(
    "message",
    ({ data }: MessageEvent<Partial<OpenMessage> | null>) => {
      const open = data?.open;
      if ((open === "/inbox" || open === "/") && !isBusy()) {
        go(open);
      }
    },
  );
}

function addressOf(source: PushSubscription): PushAddress | null {
  const [point, auth] = [source.getKey("p256dh"), source.getKey("auth")];
  return (
    point && auth && { endpoint: source.endpoint, point: new Uint8Array(point), auth: new Uint8Array(auth) }
  );
}
