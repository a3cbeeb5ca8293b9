// One simulated hierarchy for each product line, shared by all test files and kept between runs: RSA-4096 keys take seconds to make.
// Several test processes may ask at once; all get the same keys.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { must } from "../../core/base/result.ts";
import { loadOrMakeHierarchy } from "../../core/node/simulator/keys.ts";
import { SimulatedProcessor } from "../../core/simulator/processor.ts";
import type { Clock, Instant } from "../../core/base/clock.ts";
import type { Random } from "../../core/base/random.ts";
import type { Chip } from "../../core/simulator/chip.ts";
import type { Hierarchy } from "../../core/simulator/hierarchy.ts";
import type { Product } from "../../core/snp/product.ts";

/** Where the shared hierarchies live: a child process given this folder uses the same roots. */
export const hierarchyFolder = join(import.meta.dirname, "../../node_modules/.cache/portcullis-test");

const hierarchies = new Map<Product, Promise<Hierarchy>>();

export function simulatedHierarchy(product: Product = "Milan"): Promise<Hierarchy> {
  const known = hierarchies.get(product) ?? loadOrMakeHierarchy(hierarchyFolder, product).then(must);
  hierarchies.set(product, known);
  return known;
}

/** A processor of the shared hierarchy whose certificates are issued at `at`. */
export async function simulatedProcessor(
  product: Product = "Milan",
  chip: Partial<Omit<Chip, "product">> = {},
  at: Instant = simulatedInstant,
): Promise<SimulatedProcessor> {
  return new SimulatedProcessor({ hierarchy: await simulatedHierarchy(product), random: systemRandom, clock: stoppedClock(at), chip });
}

/** Any instant between 2020 and 2045 will do; tests that do not care use this one. */
export const simulatedInstant: Instant = Date.UTC(2026, 10, 24, 12);

/** A clock that stands still until it is moved. */
export function stoppedClock(at: Instant = simulatedInstant): Clock & { advance(milliseconds: number): void } {
  let passed = 0;
  return {
    now: () => at + passed,
    monotonic: () => passed,
    advance(milliseconds) {
      passed += milliseconds;
    },
  };
}

const systemRandom: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };
