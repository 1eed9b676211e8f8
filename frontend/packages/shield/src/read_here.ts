/** A reader of documents in this very thread, for what has no screen to hold up. */

import { checkedReading } from "@mshield/views";

import type { DocumentReader } from "./task_reading.ts";

export const readHere: DocumentReader = async (order) => checkedReading(order);
