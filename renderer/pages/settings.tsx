// How is this manager set up here? Where keys live, where it listens, which version it is, and how the console looks.
import { CircleCheck, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { StatusView } from "../../core/api/schemas.ts";
import { useAction } from "../api/action.ts";
import { useConnection } from "../api/query.ts";
import { act } from "../can.ts";
import { ActionButton } from "../parts/button.tsx";
import { Choice } from "../parts/field.tsx";
import { Mark } from "../parts/mark.tsx";
import { FailureNotice } from "../parts/notice.tsx";
import { PageHead, Pairs, Section } from "../parts/page.tsx";
import { chooseTheme, storedTheme, type Theme } from "../theme.ts";

export function SettingsPage({ status }: { readonly status: StatusView }) {
  const [theme, setTheme] = useState(storedTheme);
  const choose = (chosen: Theme): void => {
    chooseTheme(chosen);
    setTheme(chosen);
  };
  return (
    <div className="narrow">
      <PageHead title="Settings" />
      <Section title="Disk keys">
        <Pairs
          pairs={[
            { term: "Keychain", value: backendWords[status.keychain.backend ?? ""] ?? status.keychain.backend ?? "none" },
            {
              term: "State",
              value: (
                <Mark icon={CircleCheck} tone="good">
                  Ready
                </Mark>
              ),
            },
          ]}
        />
        <p className="quiet">Chosen once when this manager was set up. Keys never leave it except sealed to a VM that was approved.</p>
      </Section>
      <Listener status={status} />
      <Section title="Approval">
        <p>
          {status.confirmation === "native-dialog"
            ? "What you approve here is confirmed in a window of the app that this page cannot touch."
            : "What you approve here is confirmed with a code that only the terminal of the service shows."}
        </p>
      </Section>
      <Section title="Appearance">
        <Choice
          legend="Theme"
          name="theme"
          value={theme}
          onChange={choose}
          options={[
            { value: "system", label: "As the system" },
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
        />
      </Section>
      <Section title="Version">
        <p>
          Portcullis <code>{status.version}</code>
        </p>
      </Section>
    </div>
  );
}

function Listener({ status: { listener } }: { readonly status: StatusView }) {
  const connection = useConnection();
  const retry = useAction();
  const listening = listener.state === "listening";
  return (
    <Section title="Listener">
      <Pairs
        pairs={[
          { term: "Address", value: <code>{listener.address ?? "none"}</code> },
          {
            term: "State",
            value: (
              <Mark icon={listening ? CircleCheck : TriangleAlert} tone={listening ? "good" : "bad"}>
                {listening ? "Listening" : listener.state === "failed" ? "Cannot listen" : "Stopped"}
              </Mark>
            ),
          },
        ]}
      />
      {listener.failure === undefined ? (
        <p className="quiet">
          {listening
            ? "Agents in your VMs connect here. The address must be one that they can reach."
            : "No agent can connect, so no VM can get its key."}
        </p>
      ) : (
        <FailureNotice failure={listener.failure} />
      )}
      {!listening && (
        <ActionButton
          can={act(connection)}
          running={retry.running && "Trying …"}
          onPress={() => retry.run((client) => client.listener.retry({}))}
        >
          Try to listen again
        </ActionButton>
      )}
      {retry.failure !== undefined && <FailureNotice failure={retry.failure} />}
    </Section>
  );
}

const backendWords: Readonly<Partial<Record<string, string>>> = {
  os: "The operating system's keychain",
  "sealed-file": "A file sealed with a passphrase",
};
