// Which pages of docs/ are made from tables in the code? Writes docs/policy.md and docs/refusals.md: `node build/docs.ts`. A test fails where the
// committed pages are not what the tables say. It says nothing of its own about a single field or code.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkReference } from "../core/appraise/check-reference.ts";
import type { FieldReference } from "../core/appraise/field-reference.ts";
import { presetNames, presets, standardPreset } from "../core/appraise/presets.ts";
import { rulingReference } from "../core/appraise/ruling-reference.ts";
import { claimForms, claimText } from "../core/appraise/rules/claim-forms.ts";
import { failureTable, type FailureEntry, type FailureFamily, type PeerCode } from "../core/base/failure.ts";

/** Path in the repository, and the whole text. */
export const generatedPages: readonly (readonly [path: string, make: () => string])[] = [
  ["docs/policy.md", policyPage],
  ["docs/refusals.md", refusalsPage],
];

function policyPage(): string {
  return page(
    "The policy, field by field",
    notice,
    "A policy says what you demand of a VM before it gets its disk key. It is a JSON document that is read strictly: every field below must be there, and " +
      'no other. Each check is either required with a value, `{ "require": … }`, or waived with your reason, `{ "waived": "…" }` (up to 500 characters), ' +
      "which then shows in every result. A list names 1 to 256 distinct values unless it says otherwise; the lists of bits may be empty. Nothing that is " +
      "missing, unknown or empty is ever taken for a yes.",
    "`portcullis policy preset standard` prints one to start from, `policy check` names everything that is wrong with one, `policy diff` says what became " +
      "stricter or looser, `policy schema` prints the form as JSON Schema, and `report appraise` tries a policy on a report. A refused launch shows the failed checks by the ids below; what to do about a " +
      "code is in [refusals.md](refusals.md).",
    "## Checks",
    "Under `checks`.",
    ...Object.entries(checkReference).flatMap(([name, field]) => fieldSection(name, field)),
    "## What happens with the result",
    "Beside `checks`.",
    ...Object.entries(rulingReference).flatMap(([name, field]) => fieldSection(name, field)),
    "## What your own rules may ask",
    "A rule is an expression in [CEL](https://cel.dev) over these claims; it holds only where it is true. It may compare, calculate, choose (`? :`), use `in`, `size()`, `startsWith()`, `endsWith()`, `contains()`, `timestamp('2026-11-24T12:00:00Z')`, " +
      "`duration('36h')`, `int()` of a time or a duration, and the parts of a time in UTC. Those are counted as CEL does: `at.getMonth()`, `at.getDayOfMonth()` and `at.getDayOfYear()` from 0, `at.getDate()` from 1, `at.getDayOfWeek()` from 0 on Sunday.",
    "What cannot be true of a report is refused when the policy is read: a name that is not below, a number compared with a text, a digest of the wrong length, a product that there is not. Loops, patterns and an order of texts are refused too, so that what a rule costs is known and `1.9` is not above `1.10`.",
    "A claim that a report lacks makes the rule fail, unless the rest of it settles the answer: `tcb.reported.fmc > 1 || product != 'Turin'` is true of a Milan. `has(tcb.reported.fmc)` asks whether it is there.",
    table(
      ["claim", "what it is"],
      [...claimForms].map(([path, form]) => [code(path), claimText(form)]),
    ),
    "For example `tcb.reported.microcode >= 219 || line != 'Milan'`, with the sentence \"A Milan machine has microcode 219 or later.\"",
    "## Presets to start from",
    "Nothing that AMD's own documents do not settle is a default: such floors are waived, and say so.",
    ...presetNames.flatMap((name) => [`### Preset ${code(name)}`, ...presets[name].notes]),
    `A new VM starts from ${code("standard")}:`,
    `\`\`\`json\n${JSON.stringify(standardPreset(), undefined, 2)}\n\`\`\``,
  );
}

function fieldSection(name: string, { title, form, meaning, stake, polarity, checks, codes }: FieldReference): readonly string[] {
  const rows = [
    `- **Write:** ${form}.`,
    `- **At stake:** ${stake}`,
    `- **Stricter:** ${polarity}`,
    ...(checks.length === 0 ? [] : [`- **Check:** ${checks.map(code).join(", ")}`]),
    ...(codes.length === 0 ? [] : [`- **Refused with:** ${codes.map(linked).join(", ")}`]),
  ];
  return [`### ${code(name)}: ${title}`, meaning, rows.join("\n")];
}

function refusalsPage(): string {
  const codes = Object.entries<FailureEntry>(failureTable);
  const rooms = [...new Set(codes.map(([name]) => roomOf(name)))].toSorted((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
  return page(
    "Why was my launch refused?",
    notice,
    'Every "no" of Portcullis has a code. You, the owner, see the code, what was expected and what was found; the VM, which may be an ' +
      "impostor, hears only one of five words. Find your code below; it stays the same from release to release.",
    "## What the VM hears",
    table(
      ["word", "meaning"],
      Object.entries(peerWords).map(([word, meaning]) => [code(word), meaning]),
    ),
    "## Families",
    table(
      ["family", "meaning"],
      Object.entries(families).map(([family, meaning]) => [family, meaning]),
    ),
    ...rooms.flatMap((room) => [
      `## ${code(`${room}.…`)}: ${roomTitles[room] ?? room}`,
      ...codes.filter(([name]) => roomOf(name) === room).flatMap(([name, entry]) => codeSection(name, entry)),
    ]),
  );
}

function codeSection(name: string, { family, peer, sentence }: FailureEntry): readonly string[] {
  return [`### ${code(name)}`, sentence, `Family: ${family}. The VM hears: ${code(peer)}.`];
}

function page(title: string, ...blocks: readonly string[]): string {
  return `# ${title}\n\n${blocks.join("\n\n")}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

/** The anchor that forges make of a heading: lower case, without dots. */
function linked(name: string): string {
  return `[${code(name)}](refusals.md#${name.replaceAll(".", "")})`;
}

function roomOf(name: string): string {
  return name.split(".", 1)[0] ?? name;
}

/** Those that a launch meets first; the others by name. */
function order(room: string): number {
  const place = Object.keys(roomTitles).indexOf(room);
  return place === -1 ? Number.MAX_SAFE_INTEGER : place;
}

const notice = "<!-- Made by build/docs.ts from tables in the code: do not edit. -->";

const peerWords: Readonly<Record<PeerCode, string>> = {
  "not-accepted": "No, and not why: a report that is not genuine and one that is not acceptable look the same.",
  "try-later": "Not now: something that the manager needs is missing, or a person did not answer in time.",
  unsupported: "This manager cannot speak with such a VM, processor or report.",
  malformed: "What the VM sent is not what the protocol says.",
  busy: "The manager has no room now, or is not ready.",
};

const families: Readonly<Record<FailureFamily, string>> = {
  malformed: "Bytes that are not what they should be. Look where they came from.",
  unsupported: "Well formed, and unknown to this release.",
  misbehaved: "Somebody did not keep to the protocol.",
  untrusted: "Not genuine: no processor under the pinned roots made it for this launch.",
  refused: "Against the owner's policy, or against a rule of this program.",
  "needs-person": "A person has to decide or to do something first.",
  unavailable: "Something that is needed for an answer cannot be had now. Never a silent yes.",
  limited: "A limit was reached. It protects the manager and everybody else.",
  misconfigured: "The set-up says something that cannot be. Mend it.",
  bug: "A mistake of Portcullis. Please report it.",
};

const roomTitles: Readonly<Partial<Record<string, string>>> = {
  appraise: "the report, against the roots and the policy",
  endorse: "certificates and revocation lists",
  kds: "AMD's key service",
  collateral: "certificates and lists that are kept or brought",
  snp: "the AMD formats",
  launch: "the launch protocol",
  release: "the decision about the key",
  approval: "a person's decision",
  manager: "the manager",
  enrolment: "enrolling a VM",
  agent: "the agent in the VM",
  keychain: "where the disk keys live",
  store: "the manager's database",
  audit: "the audit log",
  authority: "the manager's own certificates",
  listener: "the port for launches",
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  for (const [path, make] of generatedPages) writeFileSync(join(import.meta.dirname, "..", path), make());
