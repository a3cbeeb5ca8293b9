// Which page is shown? The address says so, after the service says that its keychain is ready. No page of its own.
import { Route, Router, Switch } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import type { StatusView } from "../core/api/schemas.ts";
import { useConnection, useQuery } from "./api/query.ts";
import { Answer, Empty } from "./parts/notice.tsx";
import { BootFilesPage } from "./pages/boot-files.tsx";
import { CheckHostPage } from "./pages/check-host.tsx";
import { CollateralPage } from "./pages/collateral.tsx";
import { EnrolPage } from "./pages/enrol.tsx";
import { KeychainGate } from "./pages/keychain-gate.tsx";
import { KitPage } from "./pages/kit.tsx";
import { LaunchPage } from "./pages/launch.tsx";
import { LaunchesPage } from "./pages/launches.tsx";
import { PolicyPage } from "./pages/policy.tsx";
import { SettingsPage } from "./pages/settings.tsx";
import { Shell } from "./pages/shell.tsx";
import { SimulationPage } from "./pages/simulation.tsx";
import { VmPage } from "./pages/vm.tsx";
import { VmsPage } from "./pages/vms.tsx";

export function App() {
  const connection = useConnection();
  const status = useQuery({
    key: "status",
    ask: (client) => client.status.get({}),
    concerns: ({ kind }) => kind === "status" || kind === "launch" || kind === "collateral",
  });
  const known = status.state === "ready" ? status.value : undefined;
  return (
    // oxlint-disable-next-line react/hooks -- wouter asks for the hook itself
    <Router hook={useHashLocation}>
      <Shell status={known} connection={connection}>
        {connection.state === "lost" && known === undefined ? null : (
          <Answer query={status} what="the state of the service">
            {(value) => (value.keychain.state === "ready" ? <Pages status={value} /> : <KeychainGate status={value} />)}
          </Answer>
        )}
      </Shell>
    </Router>
  );
}

function Pages({ status }: { readonly status: StatusView }) {
  return (
    <Switch>
      <Route path="/">
        <LaunchesPage status={status} />
      </Route>
      <Route path="/launches/before/:before">{({ before }) => <LaunchesPage key={before} status={status} before={before} />}</Route>
      <Route path="/launches/:id">{({ id }) => <LaunchPage key={id} id={id} status={status} />}</Route>
      <Route path="/simulations/:id">{({ id }) => <SimulationPage key={id} id={id} />}</Route>
      <Route path="/vms">
        <VmsPage />
      </Route>
      <Route path="/vms/enrol/:step?">{({ step = "machine" }) => <EnrolPage status={status} step={step} />}</Route>
      <Route path="/vms/check/:vm?">{({ vm }) => <CheckHostPage key={vm} vm={vm} />}</Route>
      <Route path="/vms/:id/enrolled">{({ id }) => <VmPage key={id} id={id} status={status} fresh />}</Route>
      <Route path="/vms/:id/policy">{({ id }) => <PolicyPage key={id} id={id} status={status} />}</Route>
      <Route path="/vms/:id/boot-files">{({ id }) => <BootFilesPage key={id} id={id} />}</Route>
      <Route path="/vms/:id/kit/:bootSet?">{({ id, bootSet }) => <KitPage key={id} id={id} bootSet={bootSet} status={status} />}</Route>
      <Route path="/vms/:id">{({ id }) => <VmPage key={id} id={id} status={status} />}</Route>
      <Route path="/collateral">
        <CollateralPage />
      </Route>
      <Route path="/settings">
        <SettingsPage status={status} />
      </Route>
      <Route>
        <Empty title="There is no such page">
          <p>
            <a href="#/">Go to launches</a>
          </p>
        </Empty>
      </Route>
    </Switch>
  );
}
