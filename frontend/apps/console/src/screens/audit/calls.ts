/** What was done, and the proof of one act. */

import type { components } from "@mshield/api/console.ts";
import { answered } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";
import type { Query } from "../../engine/types.ts";

type Schemas = components["schemas"];
export type Act = Schemas["ActMessage"];
export type ProvenAct = Schemas["ProvenActMessage"];
export type ActsQuery = Query<"listActs">;

export const readActs = (query: ActsQuery) => answered(api.GET("/api/console/acts", { params: { query } }));
export const readProof = (act_id: string) =>
  answered(api.GET("/api/console/acts/{act_id}/proof", { params: { path: { act_id } } }));
