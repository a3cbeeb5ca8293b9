// What can a console ask of the service? The one typed contract, spoken over a MessagePort in Electron and a WebSocket elsewhere.
// Every method names the role that it needs. No method returns key material.
import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { bootLabel, bootSetPreview, bootSetQuestion } from "./boot-schemas.ts";
import { collateralChip, collateralExport, collateralImport, collateralItem, collateralRun } from "./collateral-schemas.ts";
import {
  configurationForm,
  configurationImage,
  configurationQuestion,
  configurationView,
  retireQuestion,
} from "./configuration-schemas.ts";
import { diskQuestion, diskRun } from "./disk-schemas.ts";
import { checkQuestion, hostCheck, hostPlan, kitQuestion, kitView } from "./kit-schemas.ts";
import {
  idBlockQuestion,
  idBlockView,
  idKeyName,
  idKeyQuestion,
  idKeyView,
  referenceExportView,
  referenceQuestion,
} from "./id-key-schemas.ts";
import { comparisonView, explanationView } from "./explain-schemas.ts";
import type { Role } from "./roles.ts";
import {
  bootSetProposalView,
  changeEvent,
  consoleLink,
  enrolment,
  failureView,
  launchDetail,
  launchState,
  launchSummary,
  confirmedView,
  launchProposalView,
  policyProposalView,
  policyQuestion,
  proposalQuestion,
  proposalView,
  simulationView,
  statusView,
  verdict,
  vmDetail,
  vmSummary,
} from "./schemas.ts";
import { policyDraft, policyField, policyPreset, policyText, policyVersion } from "./policy-schemas.ts";
import { hex, product, uuid } from "./shapes.ts";

/** Every "no" of the service: a code of the failure table and the sentence that a person reads. */
const base = oc.$meta<{ readonly role: Role }>({ role: "approve" }).errors({ REFUSED: { data: failureView } });
const view = base.meta({ role: "view" });
const operate = base.meta({ role: "operate" });
const approve = base.meta({ role: "approve" });

const byId = z.strictObject({ id: uuid });
const nothing = z.strictObject({});
const bootSetReason = z.strictObject({ vm: uuid, id: uuid, reason: z.string().trim().min(1).max(500) });

export const contract = {
  status: {
    get: view.input(nothing).output(statusView),
    /** One event for everything that changed; the console asks again for what it shows. */
    watch: view.input(nothing).output(eventIterator(changeEvent)),
  },
  listener: {
    /** Listens for launches again, after what was in the way is gone. */
    retry: operate.input(nothing).output(statusView),
  },
  console: {
    /** Another one-time link to the browser console; whoever opens it gets the operate role. */
    link: approve.input(nothing).output(consoleLink),
  },
  keychain: {
    /** Explicit, once per installation; never falls back by itself. */
    choose: operate
      .input(
        z.discriminatedUnion("backend", [
          z.strictObject({ backend: z.literal("os") }),
          z.strictObject({ backend: z.literal("sealed-file"), passphrase: z.string().min(12).max(1024) }),
        ]),
      )
      .output(statusView),
    unlock: operate.input(z.strictObject({ passphrase: z.string().max(1024).optional() })).output(statusView),
  },
  launches: {
    list: view
      .input(
        z.strictObject({
          vm: uuid.optional(),
          states: z.array(launchState).optional(),
          before: uuid.optional(),
          limit: z.number().int().min(1).max(200),
        }),
      )
      .output(z.array(launchSummary)),
    get: view.input(byId).output(launchDetail),
    /** The decision itself: only a connection that a person has authenticated holds this role. */
    decide: approve.input(proposalQuestion).output(launchSummary),
    /** Which input differs from the VM's boot set? Takes seconds, one launch at a time; asked for by a person, never on a launch's way. */
    explain: view.input(z.strictObject({ launch: uuid })).output(explanationView),
    /** Two launches, field by field in words. */
    compare: view.input(z.strictObject({ before: uuid, after: uuid })).output(comparisonView),
  },
  approvals: {
    /** The page proposes; the person confirms in a native dialog, or with the code that the terminal shows. */
    propose: operate.input(proposalQuestion).output(launchProposalView),
    /** Another policy for a VM is confirmed like a release: it says who gets keys. */
    proposePolicy: operate.input(policyQuestion).output(policyProposalView),
    /** A measurement that launches may have from now on is confirmed like a release, too. */
    proposeBootSet: operate.input(bootSetReason).output(bootSetProposalView),
    confirm: operate.input(z.strictObject({ proposal: uuid, code: z.string().max(32) })).output(confirmedView),
    cancel: operate.input(z.strictObject({ proposal: uuid })).output(nothing),
    /** For the host's own dialog. */
    open: approve.input(nothing).output(z.array(proposalView)),
    /** The dialog's answer: `confirmed` false drops the proposal. */
    answer: approve.input(z.strictObject({ proposal: uuid, verdict, confirmed: z.boolean() })).output(nothing),
  },
  vms: {
    list: view.input(nothing).output(z.array(vmSummary)),
    get: view.input(byId).output(vmDetail),
    add: operate.input(enrolment).output(vmDetail),
    /** Takes existing disk keys from files on the manager's machine, which a page must not name. */
    addWithKeys: approve
      .input(z.strictObject({ enrolment, keyFiles: z.array(z.strictObject({ disk: z.string(), path: z.string() })).max(16) }))
      .output(vmDetail),
    setEnabled: operate.input(z.strictObject({ id: uuid, enabled: z.boolean() })).output(vmDetail),
    /** Newest first. */
    policyVersions: view.input(byId).output(z.array(policyVersion)),
    /** The canonical JSON of one version. */
    policyOf: view.input(z.strictObject({ id: uuid, number: z.number().int().min(1) })).output(z.strictObject({ policy: z.string() })),
    /** The change itself: only a connection that a person has authenticated holds this role. */
    setPolicy: approve.input(policyQuestion).output(vmDetail),
    /** Stricter, never looser: the next launch is a first one again. */
    forgetApprovals: operate.input(byId).output(vmDetail),
  },
  boot: {
    /** A candidate: nothing passes by it yet. */
    add: operate.input(z.strictObject({ vm: uuid, label: bootLabel, set: bootSetQuestion })).output(vmDetail),
    /** A candidate that was never approved. */
    remove: operate.input(z.strictObject({ vm: uuid, id: uuid })).output(vmDetail),
    preview: view.input(z.strictObject({ vm: uuid, id: uuid })).output(bootSetPreview),
    /** The approval ahead itself. `before`: the digest of the policy that the person saw as the VM's. */
    approve: approve.input(bootSetReason.extend({ before: hex(48) })).output(vmDetail),
    /** Stricter, never looser: launches with it are refused from now on. */
    retire: operate.input(bootSetReason).output(vmDetail),
  },
  policies: {
    /** Is this text a policy, and what would it change for this VM? */
    check: view.input(z.strictObject({ text: policyText, vm: uuid.optional() })).output(policyDraft),
    presets: view.input(nothing).output(z.array(policyPreset)),
    /** What each field means and what is at stake. */
    fields: view.input(nothing).output(z.array(policyField)),
    /** JSON Schema, as text. */
    schema: view.input(nothing).output(z.strictObject({ schema: z.string() })),
  },
  collateral: {
    /** What is in the cache, by its shape: each launch verifies what it uses. */
    list: view.input(nothing).output(z.array(collateralItem)),
    /** Takes a bundle from a file on the manager's machine, which a page must not name. All of it verifies, or nothing is kept. */
    import: approve.input(z.strictObject({ path: z.string().min(1).max(4096) })).output(collateralImport),
    /** A bundle of whatever verifies now. */
    export: approve.input(z.strictObject({ product: product.optional() })).output(collateralExport),
    /** Fetches ahead what launches of these chips will need, at AMD's pace and behind every launch. Joins what is being fetched ahead. */
    fetch: approve.input(z.strictObject({ chips: z.array(collateralChip).min(1).max(500) })).output(collateralRun),
    /** The same for every chip and TCB that launches of this manager have shown, and for lists that run out. */
    fetchKnown: operate.input(nothing).output(collateralRun),
    /** What is being fetched ahead, or was the last time since the start. */
    run: view.input(nothing).output(z.strictObject({ run: collateralRun.optional() })),
  },
  configurations: {
    /** Newest first, with the launch that showed each last. */
    list: view.input(z.strictObject({ vm: uuid })).output(z.array(configurationView)),
    /** Another one beside those that are accepted, which stay so until they are retired. New disks get fresh keys. */
    issue: operate.input(configurationQuestion).output(vmDetail),
    /** Stricter, never looser: agents that run with it are refused from now on. Not the last one that is accepted. */
    retire: operate.input(retireQuestion).output(vmDetail),
    /** The file in which it reaches the VM; with `fw_cfg` that is the text itself. */
    image: view.input(z.strictObject({ vm: uuid, digest: hex(32), form: configurationForm })).output(configurationImage),
  },
  kit: {
    /** How the VM's host starts it: what the kit is written from. */
    setPlan: operate.input(z.strictObject({ vm: uuid, plan: hostPlan })).output(vmDetail),
    /** Everything that the host needs for one of the VM's boot sets. Signs an ID block only where that set is approved, or for the approve role. */
    make: view.input(kitQuestion).output(kitView),
    /** What is missing or unsafe in a host's own configuration, and, where a VM is named, what differs from its kit? */
    check: view.input(checkQuestion).output(hostCheck),
  },
  disks: {
    /** Makes a disk image with the key of one of the VM's disks, or encrypts one. Paths are of the manager's machine, which a page must not name. */
    prepare: approve.input(diskQuestion).output(diskRun),
    /** The newest since the manager's start, where no id is given. */
    run: view.input(z.strictObject({ id: uuid.optional() })).output(z.strictObject({ run: diskRun.optional() })),
    /** Stops it where it can go on later. */
    cancel: operate.input(byId).output(diskRun),
  },
  idKeys: {
    /** Newest first. Asks no keychain. */
    list: view.input(nothing).output(z.array(idKeyView)),
    /** A fresh P-384 key, in the keychain; a name that is taken is refused. */
    create: operate.input(idKeyQuestion).output(idKeyView),
    /** Takes a P-384 private key, PEM without a passphrase, from a file on the manager's machine, which a page must not name. */
    import: approve.input(idKeyQuestion.extend({ path: z.string().min(1).max(4096) })).output(idKeyView),
    publicKey: view.input(z.strictObject({ name: idKeyName })).output(idKeyView),
    /** For ever. Refused while a VM's plan or policy names it. `confirm` is the name again. */
    remove: approve
      .input(z.strictObject({ name: idKeyName, confirm: z.string(), reason: z.string().trim().min(1).max(500) }))
      .output(nothing),
    /** A signed block admits an image: for approved boot sets `kit.make` signs by itself, any other needs the person who may approve. */
    signBlock: approve.input(idBlockQuestion).output(idBlockView),
    /** The launches that are approved for a VM, vouched for to other owners: with a key of purpose "reference". */
    signReferences: approve.input(referenceQuestion).output(referenceExportView),
  },
  simulations: {
    /** Runs the real agent against this manager with a simulated processor and a scratch LUKS2 image. */
    launch: operate.input(z.strictObject({ vm: uuid.optional() })).output(simulationView),
    get: view.input(byId).output(simulationView),
    cancel: operate.input(byId).output(nothing),
  },
} as const;

export type Contract = typeof contract;
