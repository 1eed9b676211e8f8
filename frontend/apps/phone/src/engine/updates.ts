/**
 * New versions of the app: fetched by the service worker, taken when the user says so, and never while they are in the
 * middle of something.
 */

import { readonly, ref } from "vue";

const LOOK_EVERY_MS = 60 * 60 * 1000;

const waiting = ref<ServiceWorker | null>(null);
const isReadyNow = ref(false);

/** Whether a new version waits to be taken. */
export const isUpdateReady = readonly(isReadyNow);

/** What this needs of the browser; tests give their own. */
export interface Updating {
  readonly workers: Pick<ServiceWorkerContainer, "register" | "addEventListener" | "controller">;
  readonly address: string;
  readonly scope: string;
  readonly now: () => number;
  readonly reload: () => void;
  /** Whether a reload would lose something: a PIN, a request, a form. */
  readonly isBusy: () => boolean;
}

/** Registers the service worker. Returns what to call when the app comes to the front or a screen was left. */
export async function keepUpToDate(updating: Updating): Promise<{ look: () => void; settle: () => void }> {
  const { workers, now } = updating;
  const hadWorker = workers.controller !== null;
  let isReplaced = false;
  let lookedAt = now();

  /** Another tab may have taken the new version; then this one follows as soon as nothing is lost by it. */
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
  const how = { scope: updating.scope, updateViaCache: "none" } as const;
  const registration = await workers.register(updating.address, how).catch(() => null);
  if (registration === null) {
    return { look: () => undefined, settle }; // the network was lost, or the browser keeps none: the app works without
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
      // Without a network it is looked for the next time.
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

/** Takes the new version; the page loads anew once it is in charge. */
export function takeUpdate(): void {
  waiting.value?.postMessage("take-over");
}
