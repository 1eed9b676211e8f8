/** First access: the code of the address, a password, and a second factor. */

import { answered } from "@mshield/desk/client.ts";

import { api } from "./client.ts";
import { enter } from "./session.ts";
import type { Confirmation, SetUpBegun } from "./types.ts";

export async function open(code: string): Promise<SetUpBegun> {
  return answered(api.POST("/api/console/set-ups", { body: { code } }));
}

export async function complete(code: string, password: string, factor: Confirmation): Promise<void> {
  const body = { code, password, factor };
  enter(await answered(api.POST("/api/console/set-ups/completions", { body })));
}
