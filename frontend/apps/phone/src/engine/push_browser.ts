/** The browser's part of push: permission, subscription, and taps on notifications. */

import type { PushAddress } from "@mshield/shield";

import type { OpenMessage } from "../sw_push.ts";

/** Why this phone can't receive pushes: the browser doesn't support them, or the user denied permission. */
export type Hindrance = "unsupported" | "denied";

/** Returns null if nothing is known to prevent pushes; the browser may still have no push service. */
export function hindrance(): Hindrance | null {
  if (!("serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis)) {
    return "unsupported";
  }
  return Notification.permission === "denied" ? "denied" : null;
}

/**
 * Shows the browser's permission prompt, which it allows only on a tap, and returns whether it was granted.
 */
export async function isAllowed(): Promise<boolean> {
  return (await Notification.requestPermission()) === "granted";
}

/**
 * Returns the browser's subscription under this key and creates it if needed; null if it has no push service.
 */
export async function subscription(key: Uint8Array<ArrayBuffer>): Promise<PushAddress | null> {
  const { pushManager } = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return addressOf(await pushManager.subscribe(options));
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidStateError") {
      // The existing subscription was made under another key, by an earlier service at this address.
      await dropSubscription();
      return addressOf(await pushManager.subscribe(options));
    }
    if (error instanceof DOMException) {
      return null;
    }
    throw error;
  }
}

/** Returns the address of the existing subscription. */
export async function presentEndpoint(): Promise<string | null> {
  const registration = await navigator.serviceWorker?.getRegistration?.();
  return (await registration?.pushManager?.getSubscription())?.endpoint ?? null;
}

/** Cancels the subscription in the browser. */
export async function dropSubscription(): Promise<void> {
  const registration = await globalThis.navigator?.serviceWorker?.getRegistration?.();
  const present = await registration?.pushManager?.getSubscription().catch(() => null);
  await present?.unsubscribe().catch(() => false);
}

/** Navigates to the target of a tapped notification, unless the user would lose unfinished work. */
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
