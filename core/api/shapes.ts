// The smallest shapes of the contract: bytes as lower-case hex, times as RFC 3339 in UTC, ids, products.
import { z } from "zod";

export const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
export const time = z.iso.datetime();
export const uuid = z.uuid();
export const product = z.enum(["Milan", "Genoa", "Turin"]);
