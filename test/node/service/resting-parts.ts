// A service with no keychain yet, for tests that look at a few of the router's parts.
import { failure } from "../../../core/base/failure.ts";
import { fail } from "../../../core/base/result.ts";
import { Changes } from "../../../core/node/service/changes.ts";
import type { RouterParts } from "../../../core/node/service/router-parts.ts";

export function restingParts(different: Partial<RouterParts> = {}): RouterParts {
  const unset = fail(failure("service.keychain-unset"));
  return {
    manager: () => unset,
    status: () => {
      throw new Error("not asked for here");
    },
    changes: new Changes(),
    keychain: { choose: () => Promise.resolve(unset), unlock: () => Promise.resolve(unset) },
    retryListener: () => Promise.resolve(unset),
    enrol: () => Promise.resolve(unset),
    simulations: { launch: () => Promise.resolve(unset), get: () => unset, cancel: () => unset },
    collateral: {
      list: () => [],
      import: () => unset,
      export: () => unset,
      fetch: () => unset,
      fetchKnown: () => Promise.resolve(unset),
      run: () => undefined,
    },
    idBlocks: { sign: () => Promise.resolve(unset) },
    disks: { prepare: () => Promise.resolve(unset), run: () => undefined, cancel: () => unset },
    consoleLink: () => unset,
    onProposal: () => {},
    errorNumber: () => "E1",
    log: { write: () => {} },
    ...different,
  };
}
