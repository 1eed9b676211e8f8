/** Webhook deliveries, successful or abandoned, and resending one. */

import type { components } from "@mshield/api/console.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "./client.ts";
import type { Query } from "./types.ts";

type Schemas = components["schemas"];
export type Delivery = Schemas["DeliveryMessage"];

export const readDeliveries = (query: Query<"listDeliveries">) =>
  unwrapAnswer(api.GET("/api/console/webhooks/deliveries", { params: { query } }));
export const replay = (target: string) =>
  unwrapAnswer(api.POST("/api/console/webhooks/replays", { body: { target } }));
