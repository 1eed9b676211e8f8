/** Acts, and the proof of one. */

import type { components } from "@mshield/api/console.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";
import type { Query } from "../../engine/types.ts";

type Schemas = components["schemas"];
export type Act = Schemas["ActMessage"];
export type ProvenAct = Schemas["ProvenActMessage"];
export type ActsQuery = Query<"listActs">;

export const readActs = (query: ActsQuery) =>
  unwrapAnswer(api.GET("/api/console/acts", { params: { query } }));

/** Exports the whole list as a file, by a call, so that a refusal is reported on the page. */
export async function exportActs(format: "xlsx" | "csv", query: ActsQuery): Promise<Blob> {
  const call = api.GET("/api/console/acts/export", {
    params: { query: { ...query, format } },
    parseAs: "blob",
  });
  return unwrapAnswer(call as unknown as Promise<{ data?: Blob; error?: unknown; response: Response }>);
}

export const readProof = (act_id: string) =>
  unwrapAnswer(api.GET("/api/console/acts/{act_id}/proof", { params: { path: { act_id } } }));
