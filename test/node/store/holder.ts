// A second manager process for the store's tests: holds the folder that it is given, and commits without end where it is told to.
import { must } from "../../../core/base/result.ts";
import { silentLog } from "../../../core/base/log.ts";
import { openStore } from "../../../core/node/store/sqlite-store.ts";
import { entryAfter, fullLaunch, leastLaunch } from "./records.ts";

const [folder = "", task] = process.argv.slice(2);
const store = must(openStore({ folder, log: silentLog }));
process.send?.(0);

function commitNext(): void {
  const entry = entryAfter(store.auditTip());
  const decision = { verdict: "release", at: 1, by: "policy", entry: entry.sequence } as const;
  must(store.commit({ entry, launch: { ...fullLaunch, decision } }));
  process.send?.(entry.sequence);
  setImmediate(commitNext);
}

/** Each commit adds a launch, so that the file grows. */
function commitUntilFailure(): void {
  for (;;) {
    const entry = entryAfter(store.auditTip());
    const { sequence } = entry;
    const done = store.commit({ entry, launch: leastLaunch(sequence) });
    if (done.ok) continue;
    const tip = store.auditTip().sequence;
    process.stdout.write(JSON.stringify({ code: done.failure.code, detail: done.failure.detail, tip }));
    return;
  }
}

if (task === "commit") commitNext();
else if (task === "until-failure") commitUntilFailure();
else if (task !== "once") setInterval(() => {}, 1000);
else process.exit(0);
