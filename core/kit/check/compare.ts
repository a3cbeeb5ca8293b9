// What does a host say otherwise than the VM's kit? Whatever is measured, compared or handed over, member by member. Files are known by their names: their
// contents are on the host, and SHA256SUMS of the kit looks at them.
import { fromBase64, toBase64, toHex } from "../../base/bytes.ts";
import { vcpuSignature } from "../../measure/vcpu.ts";
import { parseIdBlock } from "../../snp/id-block.ts";
import { hostPaths, lastSegment, type HostPaths } from "../host-paths.ts";
import { fwCfgName } from "../qemu.ts";
import { shown } from "./finding.ts";
import { ids, type Judge } from "./judge.ts";
import type { Said } from "./seen-launch.ts";
import type { Topic } from "./spelling.ts";
import type { Expected } from "./wanted.ts";

export function compareWithKit(judge: Judge, expected: Expected): void {
  const { seen } = judge;
  compareProcessors(judge, expected);
  const isSnp = "known" in seen.protection && seen.protection.known === "snp";
  if (isSnp) compareGuest(judge, expected);
  const paths = hostPaths(expected.plan, expected.set);
  if (paths.ok) compareFiles(judge, expected, paths.value);
  if (seen.memoryMib !== undefined && "known" in seen.memoryMib && seen.memoryMib.known !== expected.plan.memoryMib) {
    const sentence = `The memory is ${seen.memoryMib.known} MiB, and the plan says ${expected.plan.memoryMib}. It is not measured.`;
    judge.add({ id: "memory-different", severity: "note", topic: "memory", sentence, wanted: `${expected.plan.memoryMib}` });
  }
}

function compareProcessors(judge: Judge, { set }: Expected): void {
  const { seen } = judge;
  compare(judge, "vcpus", seen.vcpus, set.vcpus, (count) => `${count}`, "The number of vCPUs");
  const absent = "The vCPU model is not said, and the host's default was not measured.";
  const cpu = judge.known("cpu", seen.cpu, absent, set.vcpuModel);
  if (cpu === undefined || cpu === set.vcpuModel) return;
  if (vcpuSignature(cpu) === set.vcpuSignature) {
    const sentence = `The vCPU model is ${shown(cpu)}, and the set names ${set.vcpuModel}. Both have the same signature, so the measurement is the same.`;
    judge.add({ id: "cpu-other-name", severity: "note", topic: "cpu", sentence, wanted: set.vcpuModel });
  } else different(judge, "cpu", cpu, set.vcpuModel, "The vCPU model");
}

function compareGuest(judge: Judge, { plan, hostData, set, idBlock }: Expected): void {
  const { seen } = judge;
  const policy = BigInt(plan.guestPolicy);
  compare(judge, "policy", seen.policy, policy, (one) => `0x${one.toString(16)}`, "The guest policy");
  compare(judge, "hostData", seen.hostData, toBase64(hostData), String, "HOST_DATA");
  compare(judge, "cbitpos", seen.cbitpos, plan.cbitpos, String, "The place of the encryption bit");
  compare(judge, "reducedPhysBits", seen.reducedPhysBits, plan.reducedPhysBits, String, "The number of address bits that encryption takes");
  if (set.direct === undefined) compare(judge, "kernelHashes", seen.kernelHashes, false, onOff, "The switch for kernel hashes");
  const isSecure = (BigInt(set.guestFeatures) & secureTscBit) !== 0n;
  const secureTsc = seen.secureTsc ?? { known: false };
  compare(judge, "secureTsc", secureTsc, isSecure, onOff, "SecureTSC changes SEV_FEATURES, which are measured; it");
  if (idBlock === undefined) {
    if (seen.idBlock === undefined) return;
    const block = "known" in seen.idBlock ? parseIdBlock(fromBase64(seen.idBlock.known) ?? new Uint8Array(0)) : undefined;
    if (block?.ok === true && toHex(block.value.launchDigest) === set.measurement) {
      const sentence = "There is an ID block for this very measurement, and the kit has none.";
      judge.add({ id: "id-block-different", severity: "note", topic: "idBlock", sentence });
    } else {
      const sentence = "There is an ID block, the kit has none, and it is not for this set's measurement: the launch fails at its end.";
      judge.add({ id: "id-block-different", severity: "different", topic: "idBlock", sentence });
    }
    return;
  }
  const absent = "There is no ID block, and the kit has one: a policy that names its keys refuses the launch.";
  judge.known("idBlock", seen.idBlock, seen.idAuth === undefined ? absent : undefined, toBase64(idBlock.block));
  compare(judge, "idBlock", seen.idBlock, toBase64(idBlock.block), String, "The ID block");
  compare(judge, "idAuth", seen.idAuth, toBase64(idBlock.auth), String, "The ID authentication");
  if (seen.idAuth !== undefined)
    compare(judge, "authorKey", seen.authorKey ?? { known: false }, idBlock.authorKey, onOff, "The switch for an author key");
}

function compareFiles(judge: Judge, { plan, set }: Expected, paths: HostPaths): void {
  const { seen } = judge;
  const file = (topic: Topic, of: Said<string> | undefined, path: string | undefined, what: string): void => {
    if (path === undefined) {
      if (of === undefined) return;
      const sentence = `${what} is given, and the set was measured without one.`;
      judge.add({ id: `${ids[topic]}-different`, severity: "different", topic, sentence });
      return;
    }
    const known = judge.known(topic, of, `${what} is not given, and the set was measured with one.`, path);
    if (known === undefined || known === path) return;
    if (lastSegment(known) !== lastSegment(path)) different(judge, topic, known, path, what);
    else {
      const sentence = `${what} is ${shown(known)}, and the kit puts it at ${shown(path)}. Look whether it is the same file.`;
      judge.add({ id: `${ids[topic]}-elsewhere`, severity: "note", topic, sentence, wanted: path });
    }
  };
  if (seen.firmware !== undefined && seen.firmwareByFlash !== true) file("firmware", seen.firmware, paths.firmware, "The firmware");
  file("kernel", seen.kernel, paths.kernel, "The kernel");
  file("initrd", seen.initrd, paths.initrd, "The initrd");
  if (set.direct !== undefined && seen.kernel !== undefined)
    compare(judge, "commandLine", seen.commandLine ?? { known: "" }, set.direct.commandLine, String, "The kernel's command line");
  compareConfiguration(judge, paths);
  for (const path of [...paths.disks.map((disk) => disk.path), ...(paths.configDisk === undefined ? [] : [paths.configDisk])]) {
    if (seen.disks.includes(path)) continue;
    const sentence = `The plan names ${shown(path)}${plan.delivery === "config-disk" && path === paths.configDisk ? " for the agent's configuration" : ""}, and no disk here is that.`;
    judge.add({ id: "disk-missing", severity: "missing", topic: "disk", sentence, wanted: path });
  }
}

function compareConfiguration(judge: Judge, { configuration }: HostPaths): void {
  if (configuration === undefined) return;
  const named = judge.seen.fwCfg.find(({ name }) => name === fwCfgName);
  if (named === undefined) {
    const sentence = `The agent's configuration is not handed over: no fw_cfg file is named ${fwCfgName}.`;
    judge.add({ id: "configuration-missing", severity: "missing", topic: "configuration", sentence, wanted: configuration });
  } else if (named.file !== configuration) different(judge, "configuration", named.file, configuration, "The agent's configuration");
}

function compare<T>(judge: Judge, topic: Topic, of: Said<T> | undefined, wanted: T, text: (value: T) => string, what: string): void {
  if (of === undefined) return;
  const known = judge.known(topic, of, undefined, text(wanted));
  if (known !== undefined && known !== wanted) different(judge, topic, text(known), text(wanted), what);
}

function different(judge: Judge, topic: Topic, is: string, wanted: string, what: string): void {
  const id = `${ids[topic]}-different`;
  // What the text contradicts by itself was said better.
  if (judge.findings.some((one) => one.id === id)) return;
  const sentence = `${what} is ${shown(is)}, and the kit says ${shown(wanted)}.`;
  judge.add({ id, severity: "different", topic, sentence, wanted });
}

function onOff(one: boolean): string {
  return one ? "on" : "off";
}

const secureTscBit = 1n << 9n;
