/** Readings of personal data by staff and commands. */

import type { components } from "@mshield/api/console.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";
import type { Query } from "../../engine/types.ts";

export type Reading = components["schemas"]["ReadingMessage"];
export type ReadingsQuery = Query<"listReadings">;

export const readReadings = (query: ReadingsQuery) =>
  unwrapAnswer(api.GET("/api/console/readings", { params: { query } }));
