/** Document reader in the calling thread, for callers without a screen to block. */

import { checkedReading } from "@mshield/views";

import type { DocumentReader } from "./task_reading.ts";

export const readLocally: DocumentReader = async (order) => checkedReading(order);
