// What does the checker do with a text that is none of the three, or is damaged? A code or findings, always, within bounds, whatever comes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureTable } from "../../core/base/failure.ts";
import { must } from "../../core/base/result.ts";
import { checkHost, maximumHostText } from "../../core/kit/check/check-host.ts";
import { isClean } from "../../core/kit/check/finding.ts";
import { makeKit } from "../../core/kit/kit.ts";
import { hosts, type Host } from "../../core/kit/launch-kit.ts";
import { kitInput } from "./input.ts";

const codeOf = (text: string, host?: Host): string => {
  const check = checkHost(text, undefined, host);
  return check.ok ? "read" : check.failure.code;
};
const inputs = Object.fromEntries(
  hosts.map((host) => [host, kitInput("/srv/vms/db", { plan: { host, disks: [{ path: "/srv/vms/db/root.raw", format: "raw" }] } })]),
);
const expectedOfAll = kitInput();
const texts = hosts.map((host) => [host, must(makeKit(inputs[host] ?? kitInput())).files[0]?.text ?? ""] as const);

describe("codes", () => {
  test.each([
    ["", undefined, "kit.check-unknown"],
    ["nothing that starts a VM", undefined, "kit.check-unknown"],
    ['{"json": true}', undefined, "kit.check-unknown"],
    ["qemu-system-x86_64", undefined, "kit.check-unknown"],
    ["echo hello", "qemu", "kit.check-unknown"],
    ["qemu-system-x86_64 -machine q35 -append 'no end", undefined, "kit.check-malformed"],
    ['qemu-system-x86_64 -machine q35 -append "no end', undefined, "kit.check-malformed"],
    ["qemu-system-x86_64 -machine q35 -append $'no end", undefined, "kit.check-malformed"],
    ["qemu-system-x86_64 -machine q35 ${}", undefined, "kit.check-malformed"],
    ["qemu-system-x86_64 -machine q35 ${open", undefined, "kit.check-malformed"],
    ["<domain>", undefined, "kit.check-malformed"],
    ["<domain/><domain/>", undefined, "kit.check-malformed"],
    ["<network/>", undefined, "kit.check-malformed"],
    ["< not xml", undefined, "kit.check-malformed"],
    ["<domain><os></domain></os>", undefined, "kit.check-malformed"],
    ["<domain a='1' a='2'/>", undefined, "kit.check-malformed"],
    ["cores: 4\nargs: -append 'no end", undefined, "kit.check-malformed"],
    ["<domain/>", undefined, "read"],
    ["cores: 4", undefined, "read"],
    ["-machine q35", undefined, "read"],
  ] as const)("%j as %s: %s", (text, host, code) => expect(codeOf(text, host)).toBe(code));

  test("as long as may be is read, one more is not", () => {
    const head = "qemu-system-x86_64 -machine q35 ";
    expect(codeOf(head + "x".repeat(maximumHostText - head.length))).toBe("read");
    expect(codeOf(head + "x".repeat(maximumHostText - head.length + 1))).toBe("kit.check-too-long");
  });
});

describe("XML that is made to hurt", () => {
  test.each([
    ["a document type", "<!DOCTYPE domain><domain/>"],
    ["an entity of its own", "<!DOCTYPE d [<!ENTITY a 'b'>]><domain>&a;</domain>"],
    ["entities of entities", "<!DOCTYPE d [<!ENTITY a '&b;&b;'><!ENTITY b '&a;&a;'>]><domain>&a;</domain>"],
    ["a file of the host", "<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><domain>&a;</domain>"],
    ["an entity that nobody defined", "<domain><name>&nbsp;</name></domain>"],
    ["an ampersand alone", "<domain><name>a & b</name></domain>"],
    ["a reference to no character", "<domain><name>&#xd800;</name></domain>"],
    ["a reference to a control character", "<domain><name>&#0;</name></domain>"],
    ["a reference beyond Unicode", "<domain><name>&#x110000;</name></domain>"],
    ["elements in one another", `${"<domain>".repeat(200)}${"</domain>".repeat(200)}`],
    ["names that JavaScript has", "<domain><__proto__><constructor/></__proto__></domain><x/>"],
  ])("%s", (_name, text) => expect(codeOf(text)).toBe("kit.check-malformed"));

  test("names that JavaScript has change nothing", () => {
    for (const text of [
      "<domain __proto__='x'/>",
      "<domain><__proto__><policy>1</policy></__proto__></domain>",
      "<domain><toString/></domain>",
    ])
      expect(["read", "kit.check-malformed"]).toContain(codeOf(text));
    expect(({} as Record<string, unknown>)["policy"]).toBeUndefined();
  });
});

describe.each(texts)("the kit for %s, damaged", (host, text) => {
  const expected = inputs[host];

  test("cut short anywhere, it is never found good", () => {
    // What comes after the last disk in QEMU's line is not judged: a network, a console.
    const body = host === "qemu" ? text.slice(0, text.indexOf("root.raw")) : text.trimEnd();
    for (let end = 0; end < body.length; end += 1 + Math.floor(end / 97)) {
      const check = checkHost(body.slice(0, end), expected, host);
      if (check.ok) expect([end, isClean(check.value.findings)]).toEqual([end, false]);
      else expect(Object.hasOwn(failureTable, check.failure.code)).toBe(true);
    }
  });

  test("with odd characters anywhere it is read or refused, and what is shown holds none of them", () => {
    const odd = fc.constantFrom(
      "\0",
      "\r",
      "\u001b[2J",
      "\u202e",
      "\ud800",
      "\u{f5a0f}",
      "\u2028",
      "'",
      '"',
      "\\",
      "$",
      "${",
      "`",
      "&",
      "<",
      "]]>",
      "--",
      ",",
      "=",
      "#",
    );
    fc.assert(
      fc.property(fc.nat(text.length), odd, fc.nat(3), (at, put, drop) => {
        const check = checkHost(text.slice(0, at) + put + text.slice(at + drop), expected);
        if (check.ok) expectBounded(check.value.findings);
        else expect(Object.hasOwn(failureTable, check.failure.code)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

test("whatever text comes, as whatever host, the answer is bounded and nothing is thrown", () => {
  const words = fc.constantFrom(
    "qemu-system-x86_64 ",
    "-machine ",
    "-object ",
    "-smp ",
    "-cpu ",
    "sev-snp-guest,id=sev0",
    "confidential-guest-support=sev0",
    "{}",
    "<domain>",
    "</domain>",
    "<os/>",
    "amd-sev: ",
    "args: ",
    "\n",
    "\\\n",
    "'",
    '"',
    "$A",
    "A=1",
    "&amp;",
    "[s]",
    "# ",
    ";",
    "(",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 400 }),
    fc.array(fc.oneof(words, fc.string({ maxLength: 8 })), { maxLength: 60 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, fc.option(fc.constantFrom(...hosts), { nil: undefined }), (one, host) => {
      const check = checkHost(one, expectedOfAll, host);
      if (check.ok) expectBounded(check.value.findings);
      else expect(check.failure.code).toMatch(/^kit\.check-/);
    }),
    { numRuns: 800 },
  );
});

function expectBounded(
  findings: readonly { readonly id: string; readonly option: string; readonly sentence: string; readonly fix: string }[],
): void {
  expect(findings.length).toBeLessThan(100);
  for (const { option, sentence } of findings) {
    expect(option.length + sentence.length).toBeLessThan(1_000);
    expect(`${option}${sentence}`).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  }
}
