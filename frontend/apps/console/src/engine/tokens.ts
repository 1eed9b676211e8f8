/** Tokens for programs: one's own, and for security officers everybody's. */

import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "./client.ts";
import type { CreatedToken, NewToken, Token } from "./types.ts";

const of = (token_id: string) => ({ path: { token_id } });

export async function listTokens(isOwn: boolean): Promise<readonly Token[]> {
  const call = isOwn ? api.GET("/api/console/me/tokens") : api.GET("/api/console/tokens");
  return (await unwrapAnswer(call)).items;
}

export async function makeToken(body: NewToken): Promise<CreatedToken> {
  return unwrapAnswer(api.POST("/api/console/me/tokens", { body }));
}

export async function rotateToken(id: string, overlap_hours: number, days: number): Promise<CreatedToken> {
  const body = { overlap_hours, days };
  return unwrapAnswer(api.POST("/api/console/me/tokens/{token_id}/rotation", { params: of(id), body }));
}

export async function revokeToken(id: string, isOwn: boolean): Promise<void> {
  const params = of(id);
  await unwrapAnswer(
    isOwn
      ? api.POST("/api/console/me/tokens/{token_id}/revocation", { params })
      : api.POST("/api/console/tokens/{token_id}/revocation", { params }),
  );
}
