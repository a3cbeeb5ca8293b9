// The attacks of docs/protocol.md that the manager must stop, by what the host shows. Each ends with a code in the owner's record, a coarse word to the
// peer, and no key.
import { afterEach, describe, expect, test } from "vitest";
import { encodeCertTable } from "../../core/snp/cert-table.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import { simulatedHierarchy, simulatedInstant, simulatedProcessor } from "../kit/simulated.ts";
import { rogueLaunch, type Forged } from "../kit/rogue.ts";
import { digestOf, makeWorld, type World } from "../kit/world.ts";
import { fateOf, refusal, honest, demanding, mustHaveEnded } from "./attack-kit.ts";

let world: World;

afterEach(() => mustHaveEnded(world));

describe("what the host shows", () => {
  test("attack: host replays a report of an earlier launch", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const guest = world.guest(vm);
    let old: Forged | undefined;
    await rogueLaunch(world, vm, { forge: (reportData) => (old = honest(guest)(reportData)) });
    world.manager.setEnabled(vm.id, false);
    world.manager.setEnabled(vm.id, true);
    expect(await fateOf(world, vm, (reportData) => old ?? honest(guest)(reportData))).toEqual(refusal("appraise.report-data"));
  });

  test("attack: a relay in the middle with its own TLS", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const connection = world.connect(vm, { managerExporter: new Uint8Array(32).fill(9) });
    await world.run();
    expect(world.launchOf(connection)).toMatchObject({ state: "refused", code: "appraise.report-data" });
    expect(connection.agent.ending).toMatchObject({ end: "refused", code: "not-accepted" });
  });

  test("attack: host edits the configuration, and the agent says so", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const edited = new Uint8Array(32).fill(3);
    const { record, refused } = await rogueLaunch(world, vm, {
      configuration: edited,
      forge: honest(world.processor.launch({ hostData: edited })),
    });
    expect(record).toMatchObject({ state: "refused", code: "release.configuration-unknown" });
    expect(refused).toBe("not-accepted");
  });

  test("attack: host edits the configuration and claims the issued one, or shows the report of another VM", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const other = await world.enrol();
    expect(await fateOf(world, vm, honest(world.guest(other)))).toEqual(refusal("appraise.configuration"));
  });

  test.each([1, 2, 3])("attack: a report of VMPL %i", async (vmpl) => {
    world = await makeWorld();
    const vm = await world.enrol();
    expect(await fateOf(world, vm, honest(world.guest(vm), { vmpl }))).toEqual(refusal("appraise.vmpl"));
  });

  test("attack: a report that the hypervisor asked for itself", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    expect(await fateOf(world, vm, honest(world.guest(vm), { vmpl: 0xffffffff }))).toEqual(refusal("appraise.host-requested"));
  });

  test("attack: a debug-enabled guest", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const guest = world.processor.launch({ hostData: digestOf(vm), policy: 0x30000n | (1n << 19n) });
    expect(await fateOf(world, vm, honest(guest))).toEqual(refusal("appraise.guest-policy"));
  });

  test("attack: an older TCB", async () => {
    world = await makeWorld();
    const tcb = world.processor.chip.reportedTcb;
    const floors = { Milan: { bootloader: tcb.bootloader, tee: tcb.tee, snp: tcb.snp, microcode: tcb.microcode } };
    const vm = await world.enrol({}, demanding({ reportedTcb: { require: floors } }));
    const older = await simulatedProcessor("Milan", { reportedTcb: { ...tcb, snp: tcb.snp - 1 } });
    expect(await fateOf(world, vm, honest(world.guest(vm, older)))).toEqual(refusal("appraise.tcb-floor"));
  });

  test("attack: a measurement that nobody expects", async () => {
    world = await makeWorld();
    const vm = await world.enrol({ measurements: ["ab".repeat(48)] });
    expect(await fateOf(world, vm, honest(world.guest(vm)))).toEqual(refusal("appraise.measurement"));
  });

  test("attack: a changed bit in a signed report", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const guest = world.guest(vm);
    const flipped = (reportData: Uint8Array): Forged => {
      const forged = honest(guest)(reportData);
      const report = forged.report.slice();
      report[0x90] = (report[0x90] ?? 0) ^ 1;
      return { ...forged, report };
    };
    expect(await fateOf(world, vm, flipped)).toEqual(refusal("appraise.report-signature"));
  });
});

describe("what the keys are worth", () => {
  test("attack: a revoked issuer", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const crl = revocationList(await simulatedHierarchy(), simulatedInstant, "ask-revoked");
    world.simulatedCollateral.collateral = { certificates: [], crls: [crl] };
    expect(await fateOf(world, vm, honest(world.guest(vm)))).toEqual(refusal("endorse.issuer-revoked"));
  });

  test("attack: an expired key", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const { chip } = world.processor;
    const hierarchy = await simulatedHierarchy();
    const expired = hierarchy.issue(simulatedInstant, chip.reportedTcb, { chipId: chip.chipId }, { notAfter: simulatedInstant - 1000 });
    const { ask, ark } = hierarchy.authorities;
    const certificates = encodeCertTable([
      { role: "vcek", bytes: expired },
      { role: "ask", bytes: ask.certificate },
      { role: "ark", bytes: ark.certificate },
    ]);
    const guest = world.guest(vm);
    expect(await fateOf(world, vm, (reportData) => ({ report: guest.report({ reportData }), certificates }))).toEqual(
      refusal("endorse.certificate-expired"),
    );
  });

  test("attack: a VLEK where a VCEK is required", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    expect(await fateOf(world, vm, honest(world.guest(vm), { signer: "vlek" }))).toEqual(refusal("appraise.signer"));
  });

  test("attack: a masked chip id", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const masking = await simulatedProcessor("Milan", { maskChipId: true });
    expect(await fateOf(world, vm, honest(world.guest(vm, masking)))).toEqual(refusal("appraise.chip-id-masked"));
  });

  test("attack: a processor of a product line that has no root here", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    expect(await fateOf(world, vm, honest(world.guest(vm, await simulatedProcessor("Genoa"))))).toEqual(
      refusal("endorse.product-not-anchored"),
    );
  });
});
