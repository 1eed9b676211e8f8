/**
 * Push handling in the service worker: it shows a notification, and a tap opens the app at the right screen.
 *
 * A push contains only a kind. Any other content is shown as a notice, in the app's own words.
 */

import { languageFor } from "@mshield/look/language.ts";

type Kind = "request" | "notice";

const PLACES: Readonly<Record<Kind, string>> = { request: "/inbox", notice: "/" };
const WORDS = {
  zh: { title: "手机盾", request: "有请求等您确认，请打开手机盾查看", notice: "手机盾有新通知" },
  en: {
    title: "Mobile Shield",
    request: "A request waits for you: open the app",
    notice: "There is a notice for you",
  },
} as const;

/** Message to a page whose notification was tapped. */
export interface OpenMessage {
  readonly open: string;
}

export function readKind(data: Pick<PushMessageData, "json"> | null): Kind {
  try {
    return (data?.json() as { kind?: unknown } | null)?.kind === "request" ? "request" : "notice";
  } catch {
    return "notice";
  }
}

/** Shows the notification of this kind; a newer one replaces the older. */
export async function showPush(
  worker: Pick<ServiceWorkerGlobalScope, "registration" | "navigator">,
  kind: Kind,
): Promise<void> {
  const words = WORDS[languageFor(worker.navigator.languages)];
  await worker.registration.showNotification(words.title, {
    body: words[kind],
    tag: kind,
    icon: "/app/icon-192.png",
    badge: "/app/icon-monochrome-512.png",
    data: kind,
  });
}

/** Brings an open app to the front and tells it the screen to open; otherwise opens the app there. */
export async function openPush(
  worker: Pick<ServiceWorkerGlobalScope, "clients">,
  notification: Pick<Notification, "close" | "data">,
): Promise<void> {
  notification.close();
  const place = PLACES[notification.data === "request" ? "request" : "notice"];
  const pages = await worker.clients.matchAll({ type: "window" });
  const app = pages.find(({ url }) => new URL(url).pathname.startsWith("/app/"));
  if (app === undefined) {
    await worker.clients.openWindow(`/app${place}`);
    return;
  }
  await app.focus();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a Client's postMessage has no target origin
  app.postMessage({ open: place } satisfies OpenMessage);
}
