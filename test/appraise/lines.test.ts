// Is each line of silicon told from the others, and does each meet its own floors and no other's? core/snp/silicon.ts, core/appraise/checks/per-line.ts.
import { describe, expect, test } from "vitest";
import type { PerLine, TcbFloor } from "../../core/appraise/policy-demands.ts";
import type { PolicyChecks } from "../../core/appraise/policy.ts";
import type { CheckResult } from "../../core/appraise/result.ts";
import type { BoundReport } from "../../core/appraise/verify.ts";
import { productOf } from "../../core/snp/product.ts";
import { linesOf, productOfLine, siliconLineOf, siliconLines } from "../../core/snp/silicon.ts";
import type { SiliconLine } from "../../core/snp/silicon.ts";
import { cpuidOf } from "./fields/lines.ts";
import { appraiseWith, boundReport, checkOf } from "./kit.ts";

describe("the line of a CPUID", () => {
  test.each<[family: number, model: number, stepping: number, line: SiliconLine | undefined]>([
    [0x18, 0x01, 1, undefined],
    [0x19, 0x00, 0, "Milan"],
    [0x19, 0x01, 1, "Milan"],
    [0x19, 0x01, 2, "Milan-X"],
    [0x19, 0x01, 3, "Milan"],
    [0x19, 0x0f, 1, "Milan"],
    [0x19, 0x0f, 2, "Milan-X"],
    [0x19, 0x10, 1, "Genoa"],
    [0x19, 0x11, 1, "Genoa"],
    [0x19, 0x11, 2, "Genoa-X"],
    [0x19, 0x1f, 2, "Genoa-X"],
    [0x19, 0x20, 1, undefined],
    [0x19, 0x9f, 1, undefined],
    [0x19, 0xa0, 0, "Bergamo-Siena"],
    [0x19, 0xa0, 2, "Bergamo-Siena"],
    [0x19, 0xaf, 2, "Bergamo-Siena"],
    [0x19, 0xb0, 2, undefined],
    [0x1a, 0x00, 0, "Turin"],
    [0x1a, 0x02, 2, "Turin"],
    [0x1a, 0x0f, 1, "Turin"],
    [0x1a, 0x10, 0, "Turin-Dense"],
    [0x1a, 0x11, 0, "Turin-Dense"],
    [0x1a, 0x12, 0, undefined],
    [0x1b, 0x00, 0, undefined],
    [0, 0, 0, undefined],
  ])("family 0x%x, model 0x%x, stepping %d", (family, model, stepping, line) => {
    expect(siliconLineOf({ family, model, stepping })).toBe(line);
  });

  test("it is of the CPUID's product, for every CPUID that there can be, and there is one where there is a product", () => {
    for (let family = 0; family < 256; family++) {
      for (let model = 0; model < 256; model++) {
        for (const stepping of [0, 1, 2, 3, 255]) {
          const line = siliconLineOf({ family, model, stepping });
          expect(line === undefined ? undefined : productOfLine[line]).toBe(productOf({ family, model, stepping }));
        }
      }
    }
  });

  test("every line has its processor here", () => {
    for (const line of siliconLines) expect(siliconLineOf(cpuidOf[line])).toBe(line);
  });
});

const lowest: TcbFloor = { bootloader: 0, tee: 0, snp: 0, microcode: 0 };

function floorOf(line: SiliconLine, microcode = 0): TcbFloor {
  return { ...lowest, microcode, ...(productOfLine[line] === "Turin" ? { fmc: 0 } : {}) };
}

function floors(lines: readonly SiliconLine[], microcode?: number): PerLine<TcbFloor> {
  return Object.fromEntries(lines.map((line) => [line, floorOf(line, microcode)]));
}

/** Every field that is kept by line demands this, and next to nothing of each line that is named. */
function demandsOf(lines: readonly SiliconLine[]): Partial<PolicyChecks> {
  const tcb = { require: floors(lines) };
  const each = <T>(value: T): { readonly require: PerLine<T> } => ({ require: Object.fromEntries(lines.map((line) => [line, value])) });
  return {
    reportedTcb: tcb,
    committedTcb: tcb,
    currentTcb: tcb,
    launchTcb: tcb,
    firmware: each({ current: "0.0.0", committed: "0.0.0" }),
    mitigations: each({ launch: "0x0", current: "0x0" }),
  };
}

const ids = ["reported-tcb", "committed-tcb", "current-tcb", "launch-tcb", "firmware", "mitigations"];

function checksOf(report: BoundReport, checks: Partial<PolicyChecks>): readonly CheckResult[] {
  const result = appraiseWith(report, { checks });
  return ids.map((id) => checkOf(result, id));
}

function reportOf(line: SiliconLine): Promise<BoundReport> {
  return boundReport({ product: productOfLine[line], chip: { cpuid: cpuidOf[line] } });
}

describe.each(siliconLines)("%s", (line) => {
  const others = siliconLines.filter((one) => one !== line);

  test("passes where it is named, alone or with others", async () => {
    const report = await reportOf(line);
    for (const lines of [[line], siliconLines])
      expect(checksOf(report, demandsOf(lines)).map(({ verdict }) => verdict)).toEqual(ids.map(() => "pass"));
  });

  test("fails where it is not named, whatever is said of all others, and says so", async () => {
    for (const { verdict, code, expected } of checksOf(await reportOf(line), demandsOf(others))) {
      expect([verdict, expected]).toEqual(["fail", `a floor for ${line}, which the policy lacks`]);
      expect(["appraise.tcb-floor", "appraise.firmware", "appraise.mitigations"]).toContain(code);
    }
  });
});

test("Milan-X does not pass on Milan's floor, nor below its own", async () => {
  const report = await reportOf("Milan-X");
  const { microcode } = report.tcb.reported;
  const verdict = (require: PerLine<TcbFloor>): string =>
    checkOf(appraiseWith(report, { checks: { reportedTcb: { require } } }), "reported-tcb").verdict;
  expect(verdict(floors(["Milan"]))).toBe("fail");
  expect(verdict({ ...floors(["Milan"]), "Milan-X": floorOf("Milan-X", microcode + 1) })).toBe("fail");
  expect(verdict({ Milan: floorOf("Milan", 255), "Milan-X": floorOf("Milan-X", microcode) })).toBe("pass");
});

describe("a report of version 2, which names no line", () => {
  const old = (product: "Milan" | "Genoa"): Promise<BoundReport> => boundReport({ product, chip: { reportVersion: 2 } }, { product });

  test.each(["Milan", "Genoa"] as const)("%s: it must meet the floor of each line of its product", async (product) => {
    const report = await old(product);
    const { microcode } = report.tcb.reported;
    const verdict = (require: PerLine<TcbFloor>): string =>
      checkOf(appraiseWith(report, { checks: { reportedTcb: { require } } }), "reported-tcb").verdict;
    const lines = linesOf(product);
    expect(verdict(floors(lines, microcode))).toBe("pass");
    for (const line of lines) {
      expect([line, verdict({ ...floors(lines), [line]: floorOf(line, microcode + 1) })]).toEqual([line, "fail"]);
      expect([line, verdict({ ...floors(lines), [line]: floorOf(line, microcode - 1) })]).toEqual([line, "pass"]);
    }
    // Floors of other products do not count.
    const foreign = siliconLines.filter((line) => productOfLine[line] !== product);
    expect(verdict({ ...floors(foreign, 255), ...floors(lines) })).toBe("pass");
    expect(verdict(floors(foreign))).toBe("fail");
  });

  test("without a floor for every line that it may be of, nothing passes: a line that is not named is refused", async () => {
    const report = await old("Milan");
    for (const lines of [["Milan"], ["Milan-X"]] as const) {
      const [lacking] = linesOf("Milan").filter((line) => line !== lines[0]);
      for (const { verdict, expected } of checksOf(report, demandsOf(lines)))
        expect([verdict, expected]).toEqual(["fail", `a floor for ${lacking ?? ""}, which the policy lacks`]);
    }
    expect(checksOf(report, demandsOf(["Milan", "Milan-X"])).map(({ verdict }) => verdict)).toEqual(ids.map(() => "pass"));
  });
});
