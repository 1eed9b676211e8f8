/** Webhooks that were made or given up, and one sent again. */

import type { components } from "@mshield/api/console.ts";
import { answered } from "@mshield/desk/client.ts";

import { api } from "./client.ts";
import type { Query } from "./types.ts";

type Schemas = components["schemas"];
export type Delivery = Schemas["DeliveryMessage"];

export const readDeliveries = (query: Query<"listDeliveries">) =>
  answered(api.GET("/api/console/webhooks/deliveries", { params: { query } }));
export const replay = (target: string) =>
  answered(api.POST("/api/console/webhooks/replays", { body: { target } }));
