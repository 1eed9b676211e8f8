/** First access: the code in the address, a password, and a second factor. */

import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "./client.ts";
import { enter } from "./session.ts";
import type { Confirmation, SetUpStart } from "./types.ts";

export async function open(code: string): Promise<SetUpStart> {
  return unwrapAnswer(api.POST("/api/console/set-ups", { body: { code } }));
}

export async function complete(code: string, password: string, factor: Confirmation): Promise<void> {
  const body = { code, password, factor };
  enter(await unwrapAnswer(api.POST("/api/console/set-ups/completions", { body })));
}
