// The manager of the bench, in a process of its own: real listener, store and keychain, with a stop-watch between them and the manager.
// Also measures the manager's share of the floor with the same adapters.
import { constants, createHash, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { join } from "node:path";
import { createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { sealEntry } from "../../core/audit/entry.ts";
import { sealTo } from "../../core/base/hpke.ts";
import { must } from "../../core/base/result.ts";
import { silentLog } from "../../core/base/log.ts";
import type { Channel, ManagerPorts, Store } from "../../core/manager/ports.ts";
import { diskAccount } from "../../core/manager/keys.ts";
import type { LaunchRecord, VmRecord } from "../../core/manager/records.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { systemRandom } from "../../core/node/random.ts";
import { openStore } from "../../core/node/store/sqlite-store.ts";
import { signedLength } from "../../core/snp/report.ts";
import { automaticPolicy, type RealManager, startRealManager } from "../proofs/real-manager.ts";
import { answerQuestions } from "./child.ts";
import { timed, timedAsync } from "./figures.ts";
import { floorContext, type ManagerAnswers, type ManagerQuestion, type ManagerTalk } from "./questions.ts";
import { StopWatch } from "./stop-watch.ts";

const watch = new StopWatch();
let real: RealManager;
let vm: VmRecord;
let floorStore: Store;

answerQuestions<ManagerTalk>(async (question) => {
  if (question.ask === "start") return start(question);
  if (question.ask === "phases") return watch.take();
  return floor(question.publicKey);
});

async function start({ folder, keychain }: Extract<ManagerQuestion, { ask: "start" }>): Promise<ManagerAnswers["start"]> {
  floorStore = must(openStore({ folder: join(folder, "floor"), log: silentLog }));
  const unlimited = { launchesPerMinute: 1e9 };
  real = await startRealManager({ folder: join(folder, "manager"), keychain, limits: unlimited, between: watched });
  const listenerLimits = { burst: 1e9, refillPerSecond: 1e9 };
  const port = await real.listen(0, (channel) => void real.manager.accept(watchedChannel(channel)), listenerLimits);
  vm = must(
    await real.manager.enrol({
      name: "bench",
      simulated: true,
      disks: [{ id: "root", device: "/dev/vda", name: "root" }],
      endpoints: [`127.0.0.1:${port}`],
      measurements: [],
      policy: automaticPolicy(),
    }),
  );
  const key = must(await real.keychain.getSecret(diskAccount(vm.id, "root")));
  const keyDigest = key.use((bytes) => new Uint8Array(createHash("sha256").update(bytes).digest()));
  return { configuration: vm.configurations[0]?.text ?? "", keyDigest, barePort: await bareListener() };
}

/** The same ports, each with a stop-watch. */
function watched(ports: ManagerPorts): ManagerPorts {
  const { store, keychain, primitives, random } = ports;
  return {
    ...ports,
    store: Object.assign(Object.create(store) as Store, {
      // Methods are called on the store itself: its state is private to it.
      vms: () => store.vms(),
      vm: (id: string) => watch.around("store: reads", () => store.vm(id)),
      launch: (id: string) => watch.around("store: reads", () => store.launch(id)),
      launches: (query: Parameters<Store["launches"]>[0]) => store.launches(query),
      auditTip: () => watch.around("store: reads", () => store.auditTip()),
      auditEntries: (from: number, limit: number) => store.auditEntries(from, limit),
      saveProgress: (launch: LaunchRecord) => watch.around("store: progress (not synced)", () => store.saveProgress(launch)),
      commit: (batch: Parameters<Store["commit"]>[0]) =>
        watch.around(batch.launch?.state === "released" ? "store: commit of the release" : "store: commit of the outcome", () =>
          store.commit(batch),
        ),
    }),
    keychain: {
      backend: keychain.backend,
      getSecret: (account) => watch.aroundAsync("keychain read", () => keychain.getSecret(account)),
      setSecret: (account, secret) => keychain.setSecret(account, secret),
      deleteSecret: (account) => keychain.deleteSecret(account),
    },
    primitives: {
      digest: (name, ...parts) => watch.around("digests", () => primitives.digest(name, ...parts)),
      verifyP384: (...input) => watch.around("P-384 verify", () => primitives.verifyP384(...input)),
      verifyPss384: (...input) => watch.around("RSA-4096 verify (chain, revocation)", () => primitives.verifyPss384(...input)),
    },
    random: {
      bytes(length) {
        // Sealing draws its seed first, and the next thing that is sent is the release.
        if (length === sealingSeed) watch.begin("seal, and encode");
        return random.bytes(length);
      },
    },
  };
}

function watchedChannel(channel: Channel): Channel {
  return {
    peer: channel.peer,
    exporter: channel.exporter,
    received: channel.received,
    send(bytes) {
      watch.end("seal, and encode");
      channel.send(bytes);
    },
    close: () => channel.close(),
  };
}

async function floor(publicKey: Uint8Array): Promise<ManagerAnswers["floor"]> {
  const account = diskAccount(vm.id, "root");
  const verified = timed(() => verify("sha384", sample.message, { key: sample.key, dsaEncoding: "ieee-p1363" }, sample.signature));
  let key = must(await real.keychain.getSecret(account));
  key.wipe();
  const read = await timedAsync(async () => (key = must(await real.keychain.getSecret(account))));
  let sealed = must(await sealTo({ publicKey, ...floorContext, random: systemRandom }, key));
  const seal = await timedAsync(async () => {
    sealed = must(await sealTo({ publicKey, ...floorContext, random: systemRandom }, key));
  });
  key.wipe();
  const [newest] = real.store.launches({ limit: 1 });
  const commit = timed(() => must(commitReleased(newest)));
  return { parts: { "P-384 verify": verified, "keychain read": read, "X-Wing seal": seal, "synced commit": commit }, sealed };
}

/** An entry and a record of the size that a release writes. */
function commitReleased(launch: LaunchRecord | undefined): ReturnType<Store["commit"]> {
  if (launch === undefined) throw new Error("no launch came before the floor");
  const facts = {
    kind: "launch-released",
    facts: { launch: launch.id, evidence: launch.evidenceDigest ?? "", filler: "x".repeat(600) },
  } as const;
  const entry = sealEntry(floorStore.auditTip(), Date.now(), facts, nodePrimitives);
  return floorStore.commit({ entry, launch });
}

function bareListener(): Promise<number> {
  const { key, chain } = real.authority.leaf();
  const server = createServer({
    key,
    cert: chain,
    minVersion: "TLSv1.3",
    ecdhCurve: "X25519MLKEM768:X25519:P-384",
    secureOptions: constants.SSL_OP_NO_TICKET,
    ALPNProtocols: ["alp/1"],
  });
  server.on("secureConnection", (socket) => socket.on("error", () => socket.destroy()));
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/** A signature over as many bytes as a report signs. */
const sample = makeSample();

function makeSample(): { key: KeyObject; message: Uint8Array; signature: Uint8Array } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
  const message = systemRandom.bytes(signedLength);
  return { key: publicKey, message, signature: new Uint8Array(sign("sha384", message, { key: privateKey, dsaEncoding: "ieee-p1363" })) };
}

const sealingSeed = 64;
