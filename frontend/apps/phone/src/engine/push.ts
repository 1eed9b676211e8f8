/** Pushes of this phone: off until the user switches a kind on, and kept where the browser changes its address. */

import { PhoneError, type PushKinds } from "@mshield/shield";

import { dropSubscription, isAllowed, presentEndpoint, subscription } from "./push_browser.ts";
import { shield } from "./shield.ts";

/** The address that the service has. */
const KEPT = "mshield-push";

/** A change of address that is being told: a switch waits for it, or it would be switched back. */
let keeping: Promise<unknown> = Promise.resolve();

/** Which kinds wake this phone; null where the service sends no pushes at all. */
export async function pushKinds(): Promise<PushKinds | null> {
  const { key, on } = await shield.push();
  return key && (on ?? { requests: false, notices: false });
}

/** Switches kinds on and off; false where the browser's question was answered with no. PhoneError `no_push`. */
export async function switchPush(kinds: PushKinds): Promise<boolean> {
  if (!kinds.requests && !kinds.notices) {
    await keeping;
    await shield.unsubscribePush();
    await dropSubscription();
    localStorage.removeItem(KEPT);
    return true;
  }
  // First: browsers let a question follow a press only so long.
  if (!(await isAllowed())) {
    return false;
  }
  await keeping;
  const { key } = await shield.push();
  const address = key && (await subscription(key));
  if (address === null) {
    throw new PhoneError("no_push", undefined, {
      zh: "这部手机的浏览器连不上推送服务，没有打开提醒。请求仍在待办里",
      en: "This phone's browser reaches no push service, so nothing was switched on. Requests still wait in the inbox",
    });
  }
  await shield.subscribePush(address, kinds);
  localStorage.setItem(KEPT, address.endpoint);
  return true;
}

/** Tells the service of a new address, as browsers change theirs by themselves. */
export async function keepSubscribed(): Promise<void> {
  const telling = tellAddress();
  keeping = telling.catch(() => undefined);
  await telling;
}

async function tellAddress(): Promise<void> {
  const kept = localStorage.getItem(KEPT);
  if (kept === null || (await presentEndpoint()) === kept || !(await shield.status()).isLoggedIn) {
    return;
  }
  const { key, on } = await shield.push();
  const address = key && on && Notification.permission === "granted" ? await subscription(key) : null;
  if (address && on) {
    await shield.subscribePush(address, on);
    localStorage.setItem(KEPT, address.endpoint);
  } else {
    localStorage.removeItem(KEPT);
  }
}
