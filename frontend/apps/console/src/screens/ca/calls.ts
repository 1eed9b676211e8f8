/** Call for the CA's state. */

import type { components } from "@mshield/api/console.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";

type Schemas = components["schemas"];
export type CaState = Schemas["CaStateMessage"];
export type Ca = Schemas["CaMessage"];

export const readCa = () => unwrapAnswer(api.GET("/api/console/ca"));
