// Where do findings come from? One place that words and orders them, so that every rule says only what it looked at and what is wrong.
import { shown, type Finding, type Severity } from "./finding.ts";
import { withoutMarks, type Said, type SeenLaunch } from "./seen-launch.ts";
import { spelled, type Topic } from "./spelling.ts";
import type { Wanted } from "./wanted.ts";

export interface Judge {
  readonly seen: SeenLaunch;
  readonly wanted: Wanted;
  readonly findings: Finding[];
  add(finding: Ruling): void;
  /** What was said, where it was said and can be known; the findings say the rest. @param wanted the value that mends it. */
  known<T>(topic: Topic, of: Said<T> | undefined, absent: string | undefined, wanted: string): T | undefined;
}

export interface Ruling {
  readonly id: string;
  readonly severity: Severity;
  readonly topic: Topic;
  readonly sentence: string;
  /** The value that mends it; none where there is nothing to put. */
  readonly wanted?: string;
  /** It is Proxmox VE's own line that says so, although something else is in effect. */
  readonly ownLine?: true;
}

export function makeJudge(seen: SeenLaunch, values: Wanted): Judge {
  const findings: Finding[] = [];
  const add = ({ id, severity, topic, sentence, wanted, ownLine }: Ruling): void => {
    const { option, fix } = spelled(topic, seen.host, ownLine === true || seen.looksUp === true, values);
    if (findings.some((one) => one.id === id && one.option === option && one.sentence === sentence)) return;
    findings.push({ id, severity, option, sentence, fix: wanted === undefined ? "" : fix(wanted) });
  };
  return {
    seen,
    wanted: values,
    findings,
    add,
    known(topic, of, absent, wanted) {
      if (of !== undefined && "known" in of) return of.known;
      const id = ids[topic];
      if (of !== undefined) {
        const sentence = `What stands there cannot be judged: ${shown(withoutMarks(of.unread))}. Write the value itself.`;
        add({ id: `${id}-unread`, severity: "missing", topic, sentence, wanted });
      } else if (absent !== undefined) add({ id: `${id}-missing`, severity: "missing", topic, sentence: absent, wanted });
      return undefined;
    },
  };
}

/** The beginning of a finding's id, for ever. */
export const ids: Readonly<Record<Topic, string>> = {
  protection: "protection",
  policy: "policy",
  kernelHashes: "kernel-hashes",
  hostData: "host-data",
  idBlock: "id-block",
  idAuth: "id-auth",
  authorKey: "author-key",
  vcek: "vcek",
  secureTsc: "secure-tsc",
  cbitpos: "cbitpos",
  reducedPhysBits: "reduced-phys-bits",
  firmware: "firmware",
  kernel: "kernel",
  initrd: "initrd",
  commandLine: "append",
  vcpus: "vcpus",
  cpu: "cpu",
  memory: "memory",
  memoryBackend: "memory-backend",
  kvm: "kvm",
  configuration: "configuration",
  disk: "disk",
};
