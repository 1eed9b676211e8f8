/** How the CA stands. */

import type { components } from "@mshield/api/console.ts";
import { answered } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";

type Schemas = components["schemas"];
export type CaState = Schemas["CaStateMessage"];
export type Ca = Schemas["CaMessage"];

export const readCa = () => answered(api.GET("/api/console/ca"));
