/** The engine itself. Its secrets live in a worker, which starts before the first operation that needs them. */

import {
  type Enrolled,
  type EnrolOrder,
  RemoteSecrets,
  type Secrets,
  type SecretSession,
  type SessionOrder,
  Shield,
} from "@mshield/shield";
// oxlint-disable-next-line import/default -- Vite makes the address
import workerAddress from "@mshield/shield/worker?worker&url";

import { scriptAddress } from "../trusted.ts";
import { removeBiometric } from "./biometric.ts";

class WorkerSecrets implements Secrets {
  #worker: Secrets | null = null;

  /** Starts the worker, so that it is there by the time the PIN has been entered. */
  start(): Secrets {
    const address = scriptAddress(workerAddress);
    return (this.#worker ??= new RemoteSecrets(new Worker(address, { type: "module", name: "secrets" })));
  }

  async enrol(order: EnrolOrder): Promise<Enrolled> {
    return await this.start().enrol(order);
  }

  async session(order: SessionOrder): Promise<SecretSession> {
    return await this.start().session(order);
  }
}

/** The engine, with what follows from an operation for the PIN that is kept for fingerprint or face. */
export class AppShield extends Shield {
  override async changePin(...given: Parameters<Shield["changePin"]>): ReturnType<Shield["changePin"]> {
    const changed = await super.changePin(...given);
    await removeBiometric();
    return changed;
  }

  override async apply(...given: Parameters<Shield["apply"]>): ReturnType<Shield["apply"]> {
    const issued = await super.apply(...given);
    await removeBiometric();
    return issued;
  }

  override async logout(): Promise<void> {
    await removeBiometric();
    await super.logout();
  }
}

const secrets = new WorkerSecrets();

export const engine = new AppShield(location.origin, { secrets });

/** Starts the worker. */
export function startWorker(): void {
  secrets.start();
}
