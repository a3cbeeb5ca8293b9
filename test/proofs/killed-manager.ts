// A manager as a process that dies at a stated moment of a launch: real ports (real-manager.ts), with the moments between them (dying-ports.ts).
// Arguments: the data folder, the keychain, the port and the trace file.
import { sealEntry } from "../../core/audit/entry.ts";
import { fromHex, toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import { configurationDigest, makeConfiguration } from "../../core/launch/agent-configuration.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { Death, dyingChannel, dyingPorts } from "./dying-ports.ts";
import type { ManagerTalk, RoundVm } from "./killed-talk.ts";
import { askingOncePolicy, automaticPolicy, type KeychainKind, startRealManager } from "./real-manager.ts";
import { answerQuestions } from "../bench/child.ts";

const [folder = "", keychain, port, trace = ""] = process.argv.slice(2);
const death = new Death(trace);
const started = startRealManager({ folder, keychain: keychain as KeychainKind, between: (ports) => dyingPorts(ports, death) });

answerQuestions<ManagerTalk>(async (question) => {
  const { manager, recovered, listen } = await started;
  if (question.ask === "start") {
    manager.subscribe(({ kind, id }) => kind === "launch" && setTimeout(() => void approve(id), 5));
    await listen(Number(port), (channel) => {
      death.at("connection accepted");
      void manager.accept(dyingChannel(channel, death));
    });
    return { recovered };
  }
  if (question.ask === "enrol") {
    await death.arm(question.step, question.trace);
    return enrol(question.vm);
  }
  await manager.stop();
  return {};
});

async function enrol({ name, device, keyHex, by, endpoint }: RoundVm): Promise<{ readonly vm: string; readonly configuration: string }> {
  const { manager, store, authority } = await started;
  const key = new Secret(fromHex(keyHex) ?? new Uint8Array(0));
  const disks = [{ id: "root", device, name: "root" }];
  // A person is asked once: the next manager's launch goes by the approval, if the dead one had made it durable.
  const policy = { policy: by === "policy" ? automaticPolicy() : askingOncePolicy() };
  const common = { name, simulated: true, disks, endpoints: [endpoint], measurements: [], keys: new Map([["root", key]]) };
  const vm = must(await manager.enrol({ ...common, ...policy }));
  key.wipe();
  // The same configuration, but its agent tries again sooner than the product's does: a hundred rounds must not take all day.
  const retry = { firstDelaySeconds: 1, maximumDelaySeconds: 1, giveUpAfterSeconds: 100 };
  const impatient = must(
    makeConfiguration({ vm: vm.id, manager: { endpoints: [endpoint], anchor: toHex(authority.anchor) }, disks, retry }),
  );
  const digest = toHex(configurationDigest(impatient.bytes, nodePrimitives));
  const configurations = [{ digest, text: impatient.text, issuedAt: Date.now() }, ...vm.configurations];
  const entry = sealEntry(store.auditTip(), Date.now(), { kind: "vm-changed", facts: { vm: vm.id } }, nodePrimitives);
  must(store.commit({ entry, vm: { ...vm, configurations } }));
  return { vm: vm.id, configuration: impatient.text };
}

async function approve(id: string): Promise<void> {
  const { manager } = await started;
  const launch = manager.launch(id);
  if (launch?.state !== "pending" || launch.evidenceDigest === undefined) return;
  death.at("before decide");
  const decided = await manager.decide({ launch: id, evidence: launch.evidenceDigest, verdict: "approve", reason: "the round's own VM" });
  if (decided.ok) death.at("after decide");
}
