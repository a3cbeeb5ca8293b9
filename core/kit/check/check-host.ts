// Is a host's own configuration safe for an SNP guest, complete, and as the VM's kit says? Reads a QEMU command line, a libvirt domain XML or a Proxmox VE
// configuration, whichever it is. It runs nothing, looks nothing up and guesses nothing: what cannot be known from the text is said.
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { Host } from "../launch-kit.ts";
import { compareWithKit } from "./compare.ts";
import { shown, type Finding, type HostCheck, type Severity } from "./finding.ts";
import { makeJudge } from "./judge.ts";
import { readLibvirt } from "./libvirt-reader.ts";
import { looksLikeProxmox, readProxmox } from "./proxmox-reader.ts";
import { qemuOptionsOf, readQemu } from "./qemu-reader.ts";
import { judgeSafety } from "./safety.ts";
import { withoutMarks, type SeenLaunch, type Unread } from "./seen-launch.ts";
import { shellCommands, type ShellCommand } from "./shell-words.ts";
import { wantedValues, type Expected } from "./wanted.ts";
import { xmlRoot } from "./xml-text.ts";

/** @param host what it is, where that is known. Failures: `kit.check-too-long`, `kit.check-unknown`, `kit.check-malformed`. */
export function checkHost(text: string, expected?: Expected, host?: Host): Result<HostCheck> {
  if (text.length > maximumHostText) return fail(failure("kit.check-too-long", `${text.length} characters`));
  const plain = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const which = host ?? hostOf(plain);
  if (which === undefined) return fail(failure("kit.check-unknown"));
  const seen = readers[which](plain);
  if (!seen.ok) return seen;
  const judge = makeJudge(seen.value, wantedValues(expected));
  judgeSafety(judge, expected);
  if (expected !== undefined) compareWithKit(judge, expected);
  const findings = [...judge.findings, ...parts("unread-part", "missing", seen.value.unread), ...parts("aside", "note", seen.value.asides)];
  if (expected !== undefined && expected.plan.host !== which) {
    const sentence = `This is for ${which}, and the VM's plan is for ${expected.plan.host}.`;
    findings.push({ id: "other-host", severity: "note", option: which, sentence, fix: "" });
  }
  return ok({ host: which, findings: order.flatMap((severity) => findings.filter((one) => one.severity === severity)) });
}

function hostOf(text: string): Host | undefined {
  if (text.trimStart().startsWith("<")) return "libvirt";
  if (looksLikeProxmox(text)) return "proxmox";
  return /(?:^|[^a-z])qemu-(?:system-|kvm)|^\s*-[a-zA-Z]/.test(text) ? "qemu" : undefined;
}

function readQemuText(text: string): Result<SeenLaunch> {
  // As the kernel tells it: /proc/PID/cmdline.
  if (text.includes("\0")) return ok(readQemu(qemuOptionsOf(text.replace(/\0$/, "").split("\0").slice(1)), "qemu"));
  const shell = shellCommands(text);
  if ("fault" in shell) return fail(failure("kit.check-malformed", shell.fault));
  const [first, ...others] = shell.commands.flatMap((command) => argumentsOf(command) ?? []);
  if (first === undefined) return fail(failure("kit.check-unknown"));
  const seen = readQemu(qemuOptionsOf(first.words), "qemu");
  const cut = { option: "$(…), (…)", why: "What a command or a list puts there was not seen. Write the words themselves." };
  const option = withoutMarks(others[0]?.words.slice(0, 3).join(" ") ?? "");
  // Which of them is run is not seen here, so neither is found good.
  const several = { option, why: "This is another command line, and only the first was judged. Give each by itself." };
  return ok({ ...seen, unread: [...seen.unread, ...(first.cut ? [cut] : []), ...(others.length > 0 ? [several] : [])] });
}

/** The words after the program's name, where this command starts QEMU. */
function argumentsOf({ words, cut }: ShellCommand): readonly ShellCommand[] | undefined {
  const program = words.findIndex((word) => /(?:^|[/:-])(?:qemu-system-[a-z0-9_]+|qemu-kvm|kvm)\}?$/.test(withoutMarks(word)));
  const option = words.findIndex((word) => word.startsWith("-"));
  // A program whose name is a variable is known by its options; what comes before them is none.
  if (option === -1 || (program === -1 && !words.some((word) => /^--?(?:machine|M|object)$/.test(word)))) return undefined;
  const start = program === -1 ? option : program + 1;
  if (words.slice(start).every((word) => /^--?(?:version|help|h)$/.test(word))) return undefined;
  return [{ words: words.slice(start), cut }];
}

function readLibvirtText(text: string): Result<SeenLaunch> {
  const root = xmlRoot(text.trim());
  if ("fault" in root) return fail(failure("kit.check-malformed", root.fault));
  return root.name === "domain"
    ? ok(readLibvirt(root))
    : fail(failure("kit.check-malformed", `the root is ${shown(root.name)}, not a domain`));
}

function readProxmoxText(text: string): Result<SeenLaunch> {
  const seen = readProxmox(text);
  return "fault" in seen ? fail(failure("kit.check-malformed", seen.fault)) : ok(seen);
}

function parts(id: string, severity: Severity, of: readonly Unread[]): readonly Finding[] {
  return of.map(({ option, why }) => ({ id, severity, option: shown(option).slice(1, -1), sentence: why, fix: "" }));
}

const readers: Readonly<Record<Host, (text: string) => Result<SeenLaunch>>> = {
  qemu: readQemuText,
  libvirt: readLibvirtText,
  proxmox: readProxmoxText,
};
const order: readonly Severity[] = ["unsafe", "missing", "different", "note"];
/** Characters. A line with an ID block is some 10,000 long, a large domain XML 30,000. */
export const maximumHostText = 131_072;
