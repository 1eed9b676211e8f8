/** The engine itself. Its secrets live in a worker, which starts before the first operation that needs them. */

import { scriptAddress } from "@mshield/look/vue/trusted.ts";
import { OwnerShield, type Shield } from "@mshield/shield";
// oxlint-disable-next-line import/default -- Vite makes the address
import workerAddress from "@mshield/shield/worker?worker&url";

import { readBeside } from "../screens/request/drawn/drawer.ts";
import { removeBiometric } from "./biometric.ts";
import { dropSubscription } from "./push_browser.ts";
import { forgetUsual } from "./usual.ts";
import { WorkerSecrets } from "./worker_secrets.ts";

/** The engine, with what follows from an operation for the PIN that is kept for fingerprint or face. */
export class AppShield extends OwnerShield {
  override async changePin(...args: Parameters<Shield["changePin"]>): ReturnType<Shield["changePin"]> {
    const changed = await super.changePin(...args);
    await removeBiometric();
    return changed;
  }

  override async apply(...args: Parameters<Shield["apply"]>): ReturnType<Shield["apply"]> {
    const issued = await super.apply(...args);
    await removeBiometric();
    return issued;
  }

  override async logout(): Promise<void> {
    await removeBiometric();
    forgetUsual();
    await dropSubscription();
    await super.logout();
  }
}

const secrets = new WorkerSecrets(
  () => new Worker(scriptAddress(workerAddress), { type: "module", name: "secrets" }),
);

export const engine = new AppShield(location.origin, { secrets, reader: readBeside });

/** Starts the worker. */
export function startWorker(): void {
  secrets.start();
}
