/// <reference lib="webworker" />
/**
 * The service worker: it serves the app's own files from its cache, so that the app starts without a network.
 *
 * It handles only addresses under /app/. Calls of the service bypass it, so none is ever cached, queued or
 * sent again (protocol, "What may be kept"). A new version waits until the user installs it.
 */

import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";
import { CacheFirst } from "workbox-strategies";

import { openPush, readKind, showPush } from "./sw_push.ts";

declare const self: ServiceWorkerGlobalScope & {
  readonly shellFiles: { readonly url: string; readonly revision: string | null }[];
};

/** Cache of parts stored at first use: they are large, and their names contain a hash. */
const PARTS = "mshield-parts";
const ASSETS = /^\/app\/assets\//;
const FILES = /^\/app\/[\w-]+\.\w+$/;

precacheAndRoute([...self.shellFiles], { cleanURLs: false, ignoreURLParametersMatching: [] });
cleanupOutdatedCaches();
registerRoute(
  new NavigationRoute(createHandlerBoundToURL("/app/index.html"), {
    allowlist: [/^\/app\//],
    denylist: [ASSETS, FILES],
  }),
);
registerRoute(
  ({ sameOrigin, url }) => sameOrigin && ASSETS.test(url.pathname),
  new CacheFirst({ cacheName: PARTS }),
);

self.addEventListener("push", (event) => event.waitUntil(showPush(self, readKind(event.data))));
self.addEventListener("notificationclick", (event) => event.waitUntil(openPush(self, event.notification)));
self.addEventListener("activate", (event) => event.waitUntil(caches.delete(PARTS)));
self.addEventListener("message", ({ data }) => {
  if (data === "take-over") {
    void self.skipWaiting();
  }
});
