// How can every state of the console be shown on demand? A small service behind the real contract and a real WebSocket, with what
// it knows in plain fields. For states that the real service cannot be asked for; a whole launch is tested against the real one
// (test/console/e2e.test.ts).
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { implement } from "@orpc/server";
import { RPCHandler } from "@orpc/server/ws";
import { type WebSocket, WebSocketServer } from "ws";
import { contract } from "../../core/api/contract.ts";
import { answerPage, type PageFiles } from "../../core/api/page-files.ts";
import { never, policyProposalOf, refused, summaryOf, vmSummaryOf } from "./fixture-answers.ts";
import { policyFromText } from "../../core/appraise/policy-text.ts";
import { policySchema } from "../../core/appraise/policy-schema.ts";
import { must } from "../../core/base/result.ts";
import { policyDraft, policyFields, policyPresets } from "../../core/node/service/policy-views.ts";
import type { CollateralItemView, CollateralRun } from "../../core/api/collateral-schemas.ts";
import { fixtureKit, type KitFixture } from "./fixture-kit.ts";
import { bootSetProposalOf, changeBootSets, fixtureBoot } from "./fixture-boot.ts";
import type { ComparisonView, ExplanationView } from "../../core/api/explain-schemas.ts";
import type { IdKeyView } from "../../core/api/id-key-schemas.ts";
import type { HostCheckView, KitView } from "../../core/api/kit-schemas.ts";
import type {
  BootSetProposalView,
  ChangeEvent,
  Enrolment,
  FailureView,
  LaunchDetail,
  LaunchProposalView,
  LaunchSummary,
  PolicyProposalView,
  ProposalView,
  SimulationView,
  StatusView,
  VmDetail,
} from "../../core/api/schemas.ts";
import { Changes } from "../../core/node/service/changes.ts";
import { idOf, readyStatus, vm } from "./fixture-values.ts";

export class FixtureService implements KitFixture {
  status: StatusView = readyStatus;
  launches: LaunchDetail[] = [];
  vms: VmDetail[] = [];
  simulations: SimulationView[] = [];
  proposals: ProposalView[] = [];
  collateral: CollateralItemView[] = [];
  run: CollateralRun | undefined;
  /** As they were asked for. */
  readonly enrolments: Enrolment[] = [];
  lastLaunch: LaunchSummary | undefined;
  idKeys: IdKeyView[] = [];
  kit: Pick<KitView, "files" | "steps" | "traps"> = { files: [], steps: [], traps: [] };
  findings: HostCheckView["findings"] = [];
  explanation: ExplanationView | undefined;
  comparison: ComparisonView = { differences: [], always: "" };
  /** Canonical JSON of proposed policies, by proposal. */
  readonly drafts = new Map<string, string>();
  /** The one code that confirms. */
  code = "12345678";
  /** Method, dotted -> the "no" it answers. */
  readonly refusals = new Map<string, FailureView>();
  /** Methods that do not answer for now. */
  readonly silent = new Set<string>();
  readonly #changes = new Changes();
  readonly #sockets = new Set<WebSocket>();
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  tell(change: ChangeEvent): void {
    this.#changes.tell(change);
  }

  /** Listens; on the same port as before after a {@link stop}. */
  async start(files: PageFiles): Promise<void> {
    const server = createServer((request, response) => {
      const { status, headers, bytes } = answerPage(files, "headless", request.method ?? "", (request.url ?? "").split("?")[0] ?? "");
      response.writeHead(status, headers).end(bytes);
    });
    const sockets = new WebSocketServer({ server, path: "/api" });
    const handler = new RPCHandler(routerOf(this, this.#changes));
    sockets.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      void handler.upgrade(socket);
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

function routerOf(service: FixtureService, changes: Changes) {
  const api = implement(contract).use(async ({ path, next }) => {
    const method = path.join(".");
    if (service.silent.has(method)) await new Promise(() => {});
    const refusal = service.refusals.get(method);
    if (refusal !== undefined) throw refused(refusal);
    return next();
  });
  const one = <T extends { readonly id: string }>(list: readonly T[], id: string): T => {
    const found = list.find((each) => each.id === id);
    if (found === undefined)
      throw refused({ code: "api.not-there", sentence: "There is nothing of this id here. It may belong to another manager." });
    return found;
  };
  const proposalOf = (id: string): ProposalView => {
    const found = service.proposals.find(({ proposal }) => proposal === id);
    if (found === undefined)
      throw refused({ code: "manager.no-such-proposal", sentence: "This question is not open any more. Ask again." });
    return found;
  };
  const decided = (proposal: LaunchProposalView): LaunchDetail => {
    const release = proposal.verdict === "approve";
    const at = new Date().toISOString();
    service.launches = service.launches.map((launch) =>
      launch.id === proposal.launch
        ? {
            ...launch,
            state: release ? "opened" : "denied",
            updatedAt: at,
            decision: { verdict: release ? "release" : "refuse", at, by: "person", reason: proposal.reason, entry: 13 },
            ...(release ? { outcome: [{ disk: "root", opened: true }] } : {}),
          }
        : launch,
    );
    service.status = { ...service.status, pending: 0 };
    changes.tell({ kind: "launch", id: proposal.launch });
    return one(service.launches, proposal.launch);
  };
  const draftOf = (text: string, of: VmDetail | undefined) =>
    policyDraft(text, of === undefined ? undefined : must(policyFromText(of.policy)));
  const changed = (proposal: PolicyProposalView): VmDetail => {
    const policy = service.drafts.get(proposal.proposal) ?? "";
    service.vms = service.vms.map((each) =>
      each.id === proposal.vm
        ? {
            ...each,
            policy,
            policyVersion: {
              number: each.policyVersion.number + 1,
              digest: proposal.after,
              since: new Date().toISOString(),
              reason: proposal.reason,
            },
          }
        : each,
    );
    changes.tell({ kind: "vm", id: proposal.vm });
    return one(service.vms, proposal.vm);
  };
  const approvedAhead = ({ vm: id, bootSet, reason }: BootSetProposalView): VmDetail =>
    changeBootSets(service, changes, id, (sets) =>
      sets.map((set) => (set.id === bootSet ? { ...set, approvedAt: new Date().toISOString(), approvalReason: reason } : set)),
    );
  return api.router({
    status: {
      get: api.status.get.handler(() => service.status),
      watch: api.status.watch.handler(({ signal }) => changes.watch(signal)),
    },
    listener: { retry: api.listener.retry.handler(() => service.status) },
    console: { link: api.console.link.handler(() => ({ url: "http://127.0.0.1/", expiresAt: new Date().toISOString() })) },
    keychain: {
      choose: api.keychain.choose.handler(({ input }) => ready(input.backend)),
      unlock: api.keychain.unlock.handler(({ input }) => {
        if (input.passphrase === "wrong passphrase")
          throw refused({
            code: "keychain.wrong-passphrase",
            sentence: "This passphrase does not open the file. Nothing was changed; try again.",
          });
        return ready(service.status.keychain.backend ?? "os");
      }),
    },
    launches: {
      list: api.launches.list.handler(({ input }) => {
        const start = input.before === undefined ? 0 : service.launches.findIndex(({ id }) => id === input.before) + 1;
        return service.launches
          .slice(start)
          .filter(({ state, vm: of }) => (input.states?.includes(state) ?? true) && (input.vm === undefined || input.vm === of))
          .slice(0, input.limit)
          .map(summaryOf);
      }),
      get: api.launches.get.handler(({ input }) => one(service.launches, input.id)),
      decide: api.launches.decide.handler(() => never()),
      explain: api.launches.explain.handler(() => service.explanation ?? never()),
      compare: api.launches.compare.handler(() => service.comparison),
    },
    approvals: {
      propose: api.approvals.propose.handler(({ input }) => {
        const launch = one(service.launches, input.launch);
        const summary = [
          `${input.verdict === "approve" ? "Release the disk key to" : "Deny"} ${launch.vmName ?? launch.vm}.`,
          `Evidence ${input.evidence.slice(0, 16)}…: 12 checks passed, 1 waived, none failed.`,
        ];
        const proposal: LaunchProposalView = {
          about: "launch",
          ...input,
          proposal: idOf(`proposal ${service.proposals.length}`),
          expiresAt: new Date(Date.now() + 120_000).toISOString(),
          vmName: launch.vmName ?? "",
          summary,
        };
        service.proposals.push(proposal);
        return proposal;
      }),
      confirm: api.approvals.confirm.handler(({ input }) => {
        const proposal = proposalOf(input.proposal);
        if (input.code !== service.code)
          throw refused({ code: "manager.wrong-code", sentence: "This is not the code that the terminal shows. Two tries are left." });
        if (proposal.about === "policy") return { about: "policy", vm: vmSummaryOf(changed(proposal)) };
        if (proposal.about === "boot-set") return { about: "boot-set", vm: vmSummaryOf(approvedAhead(proposal)) };
        return { about: "launch", launch: summaryOf(decided(proposal)) };
      }),
      proposePolicy: api.approvals.proposePolicy.handler(({ input }) => {
        const of = one(service.vms, input.vm);
        const draft = draftOf(input.text, of);
        if (draft.digest === undefined || draft.policy === undefined)
          throw refused({ code: "appraise.policy-malformed", sentence: "The policy cannot be read. Mend what is named." });
        const proposal = policyProposalOf(of, input, { after: draft.digest, changes: draft.changes }, service.proposals.length);
        service.proposals.push(proposal);
        service.drafts.set(proposal.proposal, draft.policy);
        return proposal;
      }),
      proposeBootSet: api.approvals.proposeBootSet.handler(({ input }) => {
        const proposal = bootSetProposalOf(one(service.vms, input.vm), input, service.proposals.length);
        service.proposals.push(proposal);
        return proposal;
      }),
      cancel: api.approvals.cancel.handler(({ input }) => {
        proposalOf(input.proposal);
        service.proposals = service.proposals.filter(({ proposal }) => proposal !== input.proposal);
        return {};
      }),
      open: api.approvals.open.handler(() => never()),
      answer: api.approvals.answer.handler(() => never()),
    },
    vms: {
      list: api.vms.list.handler(() => service.vms.map(vmSummaryOf)),
      get: api.vms.get.handler(({ input }) => one(service.vms, input.id)),
      add: api.vms.add.handler(({ input }) => {
        service.enrolments.push(input);
        const added = vm(input.name, { simulated: input.simulated, disks: input.disks, createdAt: new Date().toISOString() });
        service.vms = [added, ...service.vms];
        changes.tell({ kind: "vm", id: added.id });
        return added;
      }),
      addWithKeys: api.vms.addWithKeys.handler(() => never()),
      setEnabled: api.vms.setEnabled.handler(({ input }) => {
        service.vms = service.vms.map((each) => (each.id === input.id ? { ...each, enabled: input.enabled } : each));
        changes.tell({ kind: "vm", id: input.id });
        return one(service.vms, input.id);
      }),
      policyVersions: api.vms.policyVersions.handler(({ input }) => [one(service.vms, input.id).policyVersion]),
      policyOf: api.vms.policyOf.handler(({ input }) => ({ policy: one(service.vms, input.id).policy })),
      setPolicy: api.vms.setPolicy.handler(() => never()),
      forgetApprovals: api.vms.forgetApprovals.handler(({ input }) => {
        service.vms = service.vms.map((each) => (each.id === input.id ? { ...each, pins: [] } : each));
        changes.tell({ kind: "vm", id: input.id });
        return one(service.vms, input.id);
      }),
    },
    boot: fixtureBoot(api.boot, service, changes),
    policies: {
      check: api.policies.check.handler(({ input }) =>
        draftOf(input.text, input.vm === undefined ? undefined : one(service.vms, input.vm)),
      ),
      presets: api.policies.presets.handler(() => policyPresets()),
      fields: api.policies.fields.handler(() => policyFields()),
      schema: api.policies.schema.handler(() => ({ schema: JSON.stringify(policySchema) })),
    },
    ...fixtureKit(api, service, changes),
  });

  function ready(backend: string): StatusView {
    service.status = {
      ...service.status,
      keychain: { state: "ready", backend, osKeychainAnswers: service.status.keychain.osKeychainAnswers },
    };
    changes.tell({ kind: "status" });
    return service.status;
  }
}
