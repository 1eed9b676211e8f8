/**
 * New versions of the app: the service worker downloads them, the user decides when to install them, and
 * never while something is unfinished.
 */

import { readonly, ref } from "vue";

const LOOK_EVERY_MS = 60 * 60 * 1000;

const waiting = ref<ServiceWorker | null>(null);
const isReadyNow = ref(false);

/** True if a new version is ready to install. */
export const isUpdateReady = readonly(isReadyNow);

/** Functions of the browser that this needs; tests pass their own. */
export interface Updating {
  readonly workers: Pick<ServiceWorkerContainer, "register" | "addEventListener" | "controller">;
  readonly address: string;
  readonly scope: string;
  readonly now: () => number;
  readonly reload: () => void;
  /** True if a reload would lose something: a PIN, a request, a form. */
  readonly isBusy: () => boolean;
}

/**
 * Registers the service worker. Returns functions to call when the app comes to the front (`look`) and when a
 * screen was left (`settle`).
 */
export async function watchForUpdates(updating: Updating): Promise<{ look: () => void; settle: () => void }> {
  const { workers, now } = updating;
  const hadWorker = workers.controller !== null;
  let isReplaced = false;
  let lookedAt = now();

  /** Reloads if another tab has installed the new version, as soon as nothing would be lost. */
  function settle(): void {
    if (isReplaced && !updating.isBusy()) {
      isReplaced = false;
      updating.reload();
    }
  }

  workers.addEventListener("controllerchange", () => {
    isReplaced = hadWorker;
    settle();
  });
  const options = { scope: updating.scope, updateViaCache: "none" } as const;
  const registration = await workers.register(updating.address, options).catch(() => null);
  if (registration === null) {
    // the network failed, or the browser has no service workers: the app works without
    return { look: () => undefined, settle };
  }
  if (hadWorker) {
    offer(registration.waiting);
  }
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && workers.controller !== null) {
        offer(worker);
      }
    });
  });

  const look = (): void => {
    if (now() - lookedAt >= LOOK_EVERY_MS) {
      lookedAt = now();
      // Without a network, the next look checks again.
      void registration.update().catch(() => undefined);
    }
  };

  return { look, settle };
}

function offer(worker: ServiceWorker | null): void {
  if (worker !== null) {
    waiting.value = worker;
    isReadyNow.value = true;
  }
}

/** Installs the new version; the page reloads once it is active. */
export function installUpdate(): void {
  waiting.value?.postMessage("take-over");
}
