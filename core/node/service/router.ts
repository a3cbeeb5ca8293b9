// What is the answer to each question of the contract? One line a method: ask the service, turn its records into views, or refuse with a code.
// What goes before every answer is api.ts; the launch kit's methods are in routes/. No answer holds key material.
import { policyFromText } from "../../appraise/policy-text.ts";
import { policySchema } from "../../appraise/policy-schema.ts";
import type { PolicyChangeQuestion } from "../../manager/policies.ts";
import type { PolicyQuestion } from "../../api/schemas.ts";
import { failure } from "../../base/failure.ts";
import type { LaunchQuery } from "../../manager/ports.ts";
import { makeApi, refused, take, type Caller } from "./api.ts";
import { policyDraft, policyFields, policyPresets } from "./policy-views.ts";
import { bootSetProposalView, launchProposalView, policyProposalView, proposalView } from "./proposal-views.ts";
import { launchDetail, launchSummary, policyVersionView, vmSummary } from "./views.ts";
import type { RouterParts } from "./router-parts.ts";
import { lastLaunchOf, shownVm, vmOf } from "./shown-vm.ts";
import { bootRoutes } from "./routes/boot-routes.ts";
import { explainRoutes } from "./routes/explain-routes.ts";
import { configurationRoutes } from "./routes/configuration-routes.ts";
import { diskRoutes } from "./routes/disk-routes.ts";
import { idKeyRoutes } from "./routes/id-key-routes.ts";
import { kitRoutes } from "./routes/kit-routes.ts";

export type ServiceRouter = ReturnType<typeof createRouter>;

export function createRouter(parts: RouterParts) {
  const { changes, manager, simulations, status } = parts;

  const api = makeApi(parts);

  const detailOf = (id: string) => shownVm(parts, vmOf(parts, id));

  return api.router({
    status: {
      get: api.status.get.handler(() => status()),
      watch: api.status.watch.handler(({ context, signal }) => {
        if (context.counts.watching >= maximumWatching) throw refused(failure("api.busy"));
        return watchCounted(changes, context, signal);
      }),
    },
    listener: {
      retry: api.listener.retry.handler(async () => {
        take(await parts.retryListener());
        return status();
      }),
    },
    console: {
      link: api.console.link.handler(() => take(parts.consoleLink())),
    },
    keychain: {
      choose: api.keychain.choose.handler(async ({ input }) => {
        take(await parts.keychain.choose(input));
        return status();
      }),
      unlock: api.keychain.unlock.handler(async ({ input }) => {
        take(await parts.keychain.unlock(input.passphrase));
        return status();
      }),
    },
    launches: {
      list: api.launches.list.handler(({ input }) => take(manager()).launches(queryOf(input)).map(launchSummary)),
      get: api.launches.get.handler(({ input }) => {
        const launch = take(manager()).launch(input.id);
        if (launch === undefined) throw refused(failure("api.no-such-launch", input.id));
        return launchDetail(launch);
      }),
      decide: api.launches.decide.handler(async ({ input }) => launchSummary(take(await take(manager()).decide(input)))),
      ...explainRoutes(api.launches, parts),
    },
    approvals: {
      propose: api.approvals.propose.handler(({ input }) => {
        const proposal = take(take(manager()).proposals.propose(input));
        parts.onProposal(proposal);
        return launchProposalView(proposal);
      }),
      proposePolicy: api.approvals.proposePolicy.handler(({ input }) => {
        const proposal = take(take(manager()).proposals.proposePolicy(policyQuestion(input)));
        parts.onProposal(proposal);
        return policyProposalView(proposal);
      }),
      proposeBootSet: api.approvals.proposeBootSet.handler(({ input }) => {
        const proposal = take(take(manager()).proposals.proposeBootSet(input));
        parts.onProposal(proposal);
        return bootSetProposalView(proposal);
      }),
      confirm: api.approvals.confirm.handler(async ({ input }) => {
        const confirmed = take(await take(manager()).proposals.confirm(input.proposal, input.code));
        if (confirmed.about === "launch") return { about: "launch", launch: launchSummary(confirmed.launch) };
        return { about: confirmed.about, vm: vmSummary(confirmed.vm, lastLaunchOf(parts, confirmed.vm.id)) };
      }),
      cancel: api.approvals.cancel.handler(({ input }) => {
        take(take(manager()).proposals.cancel(input.proposal));
        return {};
      }),
      open: api.approvals.open.handler(() => {
        const ready = manager();
        return ready.ok ? ready.value.proposals.open().map(proposalView) : [];
      }),
      answer: api.approvals.answer.handler(async ({ input }) => {
        take(await take(manager()).proposals.answer(input.proposal, input.verdict, input.confirmed));
        return {};
      }),
    },
    vms: {
      list: api.vms.list.handler(() =>
        take(manager())
          .vms()
          .map((vm) => vmSummary(vm, lastLaunchOf(parts, vm.id))),
      ),
      get: api.vms.get.handler(({ input }) => detailOf(input.id)),
      add: api.vms.add.handler(async ({ input }) => detailOf(take(await parts.enrol(input, [])).id)),
      addWithKeys: api.vms.addWithKeys.handler(async ({ input }) => detailOf(take(await parts.enrol(input.enrolment, input.keyFiles)).id)),
      setEnabled: api.vms.setEnabled.handler(({ input }) => {
        return detailOf(take(take(manager()).setEnabled(vmOf(parts, input.id).id, input.enabled)).id);
      }),
      policyVersions: api.vms.policyVersions.handler(({ input }) => vmOf(parts, input.id).policyVersions.map(policyVersionView)),
      policyOf: api.vms.policyOf.handler(({ input }) => {
        const version = vmOf(parts, input.id).policyVersions.find(({ number }) => number === input.number);
        const policy = version === undefined ? undefined : take(manager()).policy(version.digest);
        if (policy === undefined) throw refused(failure("api.no-such-policy", String(input.number)));
        return { policy };
      }),
      setPolicy: api.vms.setPolicy.handler(({ input }) => detailOf(take(take(manager()).changePolicy(policyQuestion(input))).id)),
      forgetApprovals: api.vms.forgetApprovals.handler(({ input }) =>
        detailOf(take(take(manager()).forgetApprovals(vmOf(parts, input.id).id)).id),
      ),
    },
    boot: bootRoutes(api.boot, parts),
    policies: {
      check: api.policies.check.handler(({ input }) =>
        policyDraft(input.text, input.vm === undefined ? undefined : vmOf(parts, input.vm).policy),
      ),
      presets: api.policies.presets.handler(() => policyPresets()),
      fields: api.policies.fields.handler(() => policyFields()),
      schema: api.policies.schema.handler(() => ({ schema: JSON.stringify(policySchema) })),
    },
    collateral: {
      list: api.collateral.list.handler(() => [...parts.collateral.list()]),
      import: api.collateral.import.handler(({ input }) => take(parts.collateral.import(input.path))),
      export: api.collateral.export.handler(({ input }) => take(parts.collateral.export(input.product))),
      fetch: api.collateral.fetch.handler(({ input }) => take(parts.collateral.fetch(input.chips))),
      fetchKnown: api.collateral.fetchKnown.handler(async () => take(await parts.collateral.fetchKnown())),
      run: api.collateral.run.handler(() => runOf(parts.collateral)),
    },
    configurations: configurationRoutes(api.configurations, parts),
    disks: diskRoutes(api.disks, parts),
    idKeys: idKeyRoutes(api.idKeys, parts),
    kit: kitRoutes(api.kit, parts),
    simulations: {
      launch: api.simulations.launch.handler(async ({ input }) => take(await simulations.launch(input.vm))),
      get: api.simulations.get.handler(({ input }) => take(simulations.get(input.id))),
      cancel: api.simulations.cancel.handler(({ input }) => {
        take(simulations.cancel(input.id));
        return {};
      }),
    },
  });
}

function policyQuestion({ vm, text, before, reason }: PolicyQuestion): PolicyChangeQuestion {
  return { vm, policy: take(policyFromText(text)), before, reason };
}

async function* watchCounted(changes: RouterParts["changes"], { counts }: Caller, signal: AbortSignal | undefined) {
  counts.watching += 1;
  try {
    yield* changes.watch(signal);
  } finally {
    counts.watching -= 1;
  }
}

function runOf(collateral: RouterParts["collateral"]) {
  const run = collateral.run();
  return run === undefined ? {} : { run };
}

type ListInput = { vm?: string | undefined; states?: LaunchQuery["states"] | undefined; before?: string | undefined; limit: number };

function queryOf({ vm, states, before, limit }: ListInput): LaunchQuery {
  return {
    ...(vm === undefined ? {} : { vm }),
    ...(states === undefined ? {} : { states }),
    ...(before === undefined ? {} : { before }),
    limit,
  };
}

const maximumWatching = 4;
