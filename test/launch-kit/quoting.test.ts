// Does any text get through a real shell, a real Perl, a real QEMU and a real XML parser unchanged? Properties over hostile texts, many in one process.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { debianQemu } from "../../build/debian-packages.mjs";
import { perlWord, qemuOptions, shellWord, writeXml, xmlElement } from "../../core/kit/quoting.ts";
import { needs } from "../kit/needs.ts";

const hostile = [
  "'",
  '"',
  "\\",
  "$",
  "`",
  "$(id)",
  "${HOME}",
  "!",
  " ",
  ",",
  ",,",
  "=",
  "*",
  "~",
  "#",
  ";",
  "&",
  "|",
  "<",
  ">",
  "-",
  "\t",
  "é",
  "𝄞",
  "]]>",
];
const piece = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: "grapheme", maxLength: 4 }),
  fc.string({ unit: "binary", maxLength: 4 }),
);
/** No NUL, which no argument can hold, and no half surrogates, which no file can. */
const text = fc
  .array(piece, { maxLength: 12 })
  .map((pieces) => [...pieces.join("")].filter((one) => one !== "\0" && one.isWellFormed()).join(""));
const line = text.map((one) => one.replace(/\p{Cc}/gu, ""));
/** QEMU takes noncharacters too, but its answers cannot show them. */
const shown = line.map((one) => one.replace(/\p{Cn}/gu, ""));

test("/bin/sh gives every word as it was", () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 60 }), (words) => {
      const printed = run("/bin/sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`]);
      expect(printed).toEqual(words);
    }),
    { numRuns: 60 },
  );
});

test("so it does where each word stands on a line of its own, after a backslash", () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 60 }), (words) => {
      expect(run("/bin/sh", ["-c", `exec printf '%s\\0' \\\n  ${words.map(shellWord).join(" \\\n  ")}\n`])).toEqual(words);
    }),
    { numRuns: 30 },
  );
});

describe("Perl's shellwords, with which Proxmox VE splits args", needs("perl"), () => {
  test("gives every word as it was", () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 60 }), (words) => {
        const program = 'print map { "$_\\0" } Text::ParseWords::shellwords($ARGV[0])';
        expect(run("perl", ["-MText::ParseWords", "-e", program, "--", words.map(perlWord).join(" ")])).toEqual(words);
      }),
      { numRuns: 60 },
    );
  });
});

describe("libxml2, which libvirt reads with,", needs("xmllint"), () => {
  test("gives text and attributes as they were", () => {
    const sayable = text.map((one) => one.replace(/[^\P{Cc}\t\n\r]|[\uFFFE\uFFFF]/gu, ""));
    fc.assert(
      fc.property(sayable, sayable, (value, attribute) => {
        const xml = writeXml(xmlElement("a", { b: attribute }, value));
        const read = (path: string): string =>
          spawnSync("xmllint", ["--xpath", `string(${path})`, "-"], { input: xml, encoding: "utf8" }).stdout;
        // xmllint ends what it prints with a newline of its own.
        expect([read("/a"), read("/a/@b")]).toEqual([`${value}\n`, `${attribute}\n`]);
      }),
      { numRuns: 40 },
    );
  });
});

describe("QEMU", needs("debian"), () => {
  test("gives names, command line and paths of files as they were", () => {
    const root = mkdtempSync(join(tmpdir(), "portcullis-quoting-"));
    try {
      fc.assert(
        fc.property(shown, shown.map(fileName), (name, file) => {
          const folder = join(root, "disks");
          mkdirSync(folder, { recursive: true });
          const path = join(folder, file);
          writeFileSync(path, new Uint8Array(4096));
          const args = [
            "-S",
            "-accel",
            "tcg",
            "-machine",
            "q35",
            "-nodefaults",
            "-display",
            "none",
            "-qmp",
            "stdio",
            "-name",
            qemuOptions(["guest", name]),
          ];
          const disk = qemuOptions(["driver", "raw"], ["node-name", "disk0"], ["file.driver", "file"], ["file.filename", path]);
          const fwCfg = qemuOptions(["name", "opt/portcullis/configuration"], ["file", path]);
          const asked = ["qmp_capabilities", "query-name", "query-named-block-nodes", "quit"]
            .map((execute) => JSON.stringify({ execute }))
            .join("\n");
          const done = spawnSync(debianQemu(), [...args, "-blockdev", disk, "-fw_cfg", fwCfg], {
            input: asked,
            encoding: "utf8",
            timeout: 20_000,
          });
          expect([done.status, done.stderr]).toEqual([0, ""]);
          const answers = done.stdout.split("\n").filter((one) => one !== "");
          const returned = answers.map((one): unknown => JSON.parse(one));
          expect(returned).toContainEqual({ return: { name } });
          expect(returned.flatMap((one) => filesOf(one))).toContain(path);
        }),
        { numRuns: 25 },
      );
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

/** The files of an answer to query-named-block-nodes. */
function filesOf(answer: unknown): readonly unknown[] {
  if (typeof answer !== "object" || answer === null || !("return" in answer) || !Array.isArray(answer.return)) return [];
  return answer.return.map((node: unknown) => (typeof node === "object" && node !== null && "file" in node ? node.file : undefined));
}

/** A name that a file can have, at most 255 bytes. */
function fileName(from: string): string {
  return `disk ${from.replaceAll("/", "").slice(0, 40)}`;
}

/** What a program prints, split at NULs. */
function run(program: string, args: readonly string[]): readonly string[] {
  const done = spawnSync(program, args, { encoding: "utf8", timeout: 20_000 });
  expect([done.status, done.stderr]).toEqual([0, ""]);
  return done.stdout.split("\0").slice(0, -1);
}
