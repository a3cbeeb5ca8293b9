// With which functions is a rule evaluated? Those of CEL, but the parts of a time are ours: the library goes through the machine's own time zone, where
// hours vanish once a year and days of the year shift in summer, and the same evidence must give the same result everywhere.
import { CelScalar, celEnv, celMethod, objectType, plan, type CelFunc, type parse } from "@bufbuild/cel";
import { TimestampSchema, timestampMs } from "@bufbuild/protobuf/wkt";

export type Expr = ReturnType<typeof parse>["expr"];

/** Of one expression: never throws, an error of CEL is one of its results. */
export function evaluatorOf(expr: Expr): ReturnType<typeof plan> {
  return plan(environment, expr);
}

/** All in UTC, counted as CEL does: months, days of the month and of the year from 0, `getDate` from 1, the week from Sunday. */
const timeParts: Readonly<Record<string, (time: Date) => number>> = {
  getFullYear: (time) => time.getUTCFullYear(),
  getMonth: (time) => time.getUTCMonth(),
  getDate: (time) => time.getUTCDate(),
  getDayOfMonth: (time) => time.getUTCDate() - 1,
  getDayOfWeek: (time) => time.getUTCDay(),
  getDayOfYear: (time) => Math.floor((time.getTime() - new Date(time).setUTCMonth(0, 1)) / dayMilliseconds),
  getHours: (time) => time.getUTCHours(),
  getMinutes: (time) => time.getUTCMinutes(),
  getSeconds: (time) => time.getUTCSeconds(),
};

export const timePartNames: ReadonlySet<string> = new Set(Object.keys(timeParts));

function timePart([name, part]: readonly [string, (time: Date) => number]): CelFunc {
  return celMethod(name, objectType(TimestampSchema), [], CelScalar.INT, function () {
    return BigInt(part(new Date(timestampMs(this.message))));
  });
}

const dayMilliseconds = 86_400_000;
const environment = celEnv({ funcs: Object.entries(timeParts).map(timePart) });
