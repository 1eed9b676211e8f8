/**
 * What the service worker does with a push: it says that something waits, and a press opens the app where that is.
 *
 * A push brings a kind and nothing else; whoever sends something else is shown as a notice, with the app's own words.
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

/** What a page is told when its notification was pressed. */
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

/** One notification for each kind: a second push takes the first one's place. */
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

/** The app that is open comes to the front and is told where to go; else it is opened there. */
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
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a service worker's client takes none
  app.postMessage({ open: place } satisfies OpenMessage);
}
