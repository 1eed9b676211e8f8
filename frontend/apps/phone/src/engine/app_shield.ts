/** The engine. Its secrets are in a worker, which starts before the first operation that needs them. */

import { scriptAddress } from "@mshield/look/vue/trusted.ts";
import { OwnerShield, type Shield } from "@mshield/shield";
// oxlint-disable-next-line import/default -- Vite generates the default export, the address
import workerAddress from "@mshield/shield/worker?worker&url";

import { readInWorker } from "../screens/request/drawn/drawer.ts";
import { removeBiometric } from "./biometric.ts";
import { dropSubscription } from "./push_browser.ts";
import { forgetAmounts } from "./usual_amounts.ts";
import { WorkerSecrets } from "./worker_secrets.ts";

/**
 * The engine, which also deletes the stored biometric PIN after a PIN change, an application or a logout. A
 * logout deletes the usual amounts and the push subscription too.
 */
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
    forgetAmounts();
    await dropSubscription();
    await super.logout();
  }
}

const secrets = new WorkerSecrets(
  () => new Worker(scriptAddress(workerAddress), { type: "module", name: "secrets" }),
);

export const engine = new AppShield(location.origin, { secrets, reader: readInWorker });

export function startWorker(): void {
  secrets.start();
}
