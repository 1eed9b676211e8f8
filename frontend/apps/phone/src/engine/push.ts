/**
 * Push notifications of this phone: off until the user switches a kind on, and updated when the browser
 * changes the subscription's address.
 */

import { PhoneError, type PushKinds } from "@mshield/shield";

import { dropSubscription, isAllowed, presentEndpoint, subscription } from "./push_browser.ts";
import { shield } from "./shield.ts";

/** Storage key of the address that the service has. */
const ENDPOINT_KEY = "mshield-push";

/**
 * A change of address being reported. A switch waits for it, since the late report would otherwise undo the
 * switch.
 */
let pendingReport: Promise<unknown> = Promise.resolve();

/** Returns the kinds that are switched on; null if the service sends no pushes at all. */
export async function pushKinds(): Promise<PushKinds | null> {
  const { key, on } = await shield.push();
  return key && (on ?? { requests: false, notices: false });
}

/** Switches kinds on and off. Returns false if the user denied permission. Raises: PhoneError `no_push`. */
export async function switchPush(kinds: PushKinds): Promise<boolean> {
  if (!kinds.requests && !kinds.notices) {
    await pendingReport;
    await shield.unsubscribePush();
    await dropSubscription();
    localStorage.removeItem(ENDPOINT_KEY);
    return true;
  }
  // Ask first: browsers allow the permission prompt only shortly after a tap.
  if (!(await isAllowed())) {
    return false;
  }
  await pendingReport;
  const { key } = await shield.push();
  const address = key && (await subscription(key));
  if (address === null) {
    throw new PhoneError("no_push", undefined, {
      zh: "这部手机的浏览器连不上推送服务，没有打开提醒。请求仍在待办里",
      en: "This phone's browser reaches no push service, so nothing was switched on. Requests still wait in the inbox",
    });
  }
  await shield.subscribePush(address, kinds);
  localStorage.setItem(ENDPOINT_KEY, address.endpoint);
  return true;
}

/** Reports a new address to the service, since browsers change it on their own. */
export async function renewSubscription(): Promise<void> {
  const report = reportAddress();
  pendingReport = report.catch(() => undefined);
  await report;
}

async function reportAddress(): Promise<void> {
  const storedEndpoint = localStorage.getItem(ENDPOINT_KEY);
  if (
    storedEndpoint === null ||
    (await presentEndpoint()) === storedEndpoint ||
    !(await shield.status()).isLoggedIn
  ) {
    return;
  }
  const { key, on } = await shield.push();
  const address = key && on && Notification.permission === "granted" ? await subscription(key) : null;
  if (address && on) {
    await shield.subscribePush(address, on);
    localStorage.setItem(ENDPOINT_KEY, address.endpoint);
  } else {
    localStorage.removeItem(ENDPOINT_KEY);
  }
}
