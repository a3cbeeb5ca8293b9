// Where shall disk keys live, and can the service reach them? Shown instead of every page until its keychain is ready. Keeps no
// passphrase after use.
import { type SyntheticEvent, type ReactNode, useState } from "react";
import type { StatusView } from "../../core/api/schemas.ts";
import { type Action, useAction } from "../api/action.ts";
import { useConnection } from "../api/query.ts";
import { act, chooseOsKeychain } from "../can.ts";
import { ActionButton } from "../parts/button.tsx";
import { Choice, TextField } from "../parts/field.tsx";
import { FailureNotice, Notice } from "../parts/notice.tsx";
import { PageHead } from "../parts/page.tsx";

export function KeychainGate({ status }: { readonly status: StatusView }) {
  const { keychain } = status;
  if (keychain.state === "unset") return <ChooseKeychain status={status} />;
  if (keychain.state === "locked" && keychain.backend === "sealed-file") return <UnlockFile />;
  return <ReachKeychain status={status} />;
}

type Backend = "os" | "sealed-file";

function ChooseKeychain({ status }: { readonly status: StatusView }) {
  const action = useAction();
  const os = chooseOsKeychain(status);
  const [backend, setBackend] = useState<Backend>(os.allowed ? "os" : "sealed-file");
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const short = passphrase.length < shortest ? `At least ${shortest} characters; ${passphrase.length} so far.` : undefined;
  const different = again === passphrase ? undefined : "The two are not the same.";
  const choose = (): void => {
    setTried(true);
    if (backend === "os") action.run((client) => client.keychain.choose({ backend }));
    else if (short === undefined && different === undefined) action.run((client) => client.keychain.choose({ backend, passphrase }));
  };
  return (
    <Gate
      title="Where shall disk keys live?"
      lead="Portcullis keeps one key for each disk, and the key of its own certificate authority. Choose once: the keys are not moved later."
    >
      <GateForm action={action} label="Use this" running="Preparing the keychain …" onSubmit={choose}>
        <Choice
          legend="Keychain"
          name="backend"
          value={backend}
          onChange={setBackend}
          options={[
            {
              value: "os",
              label: "The operating system's keychain",
              hint: "Opened when you sign in. Other programs that run as you may be able to read it.",
              whyNot: os.allowed ? undefined : os.why,
            },
            {
              value: "sealed-file",
              label: "A file sealed with a passphrase",
              hint: "Works on every machine. You type the passphrase each time the service starts.",
            },
          ]}
        />
        {backend === "sealed-file" && (
          <>
            <TextField
              label="Passphrase"
              type="password"
              autoComplete="new-password"
              value={passphrase}
              onChange={setPassphrase}
              hint={`${shortest} characters or more. A few unrelated words are good.`}
              error={tried ? short : undefined}
            />
            <TextField
              label="Passphrase again"
              type="password"
              autoComplete="new-password"
              value={again}
              onChange={setAgain}
              error={tried ? different : undefined}
            />
            <Notice tone="wait" title="Nobody can recover it">
              <p>
                If this passphrase is forgotten, every disk key in the file is lost. Disks without another key slot or a backup can then
                never be opened again. Write it down and keep it in a safe place.
              </p>
            </Notice>
          </>
        )}
      </GateForm>
    </Gate>
  );
}

function UnlockFile() {
  const action = useAction();
  const [passphrase, setPassphrase] = useState("");
  const unlock = (): void =>
    action.run(
      (client) => client.keychain.unlock({ passphrase }),
      () => setPassphrase(""),
    );
  return (
    <Gate
      title="Unlock the disk keys"
      lead="The keys are in a file sealed with your passphrase. Until it is unlocked, no VM can get its key."
    >
      <GateForm action={action} label="Unlock" running="Unlocking …" onSubmit={unlock}>
        <TextField
          label="Passphrase"
          type="password"
          autoComplete="current-password"
          takesFocus
          value={passphrase}
          onChange={setPassphrase}
        />
      </GateForm>
    </Gate>
  );
}

/** The operating system's keychain is locked, or the chosen keychain is not where it was. */
function ReachKeychain({ status: { keychain } }: { readonly status: StatusView }) {
  const action = useAction();
  const locked = keychain.state === "locked";
  return (
    <Gate
      title={locked ? "Unlock the disk keys" : "The keychain is not there"}
      lead={
        keychain.failure?.sentence ??
        (locked
          ? "The operating system's keychain is locked. Unlock it there; Portcullis waits, and releases no key until then."
          : "The keychain that was chosen for this installation does not answer. Portcullis does not fall back to another one.")
      }
    >
      <GateForm
        action={action}
        label={locked ? "Unlock" : "Try again"}
        running="Asking the keychain …"
        onSubmit={() => action.run((client) => client.keychain.unlock({}))}
      />
    </Gate>
  );
}

function Gate({ title, lead, children }: { readonly title: string; readonly lead: string; readonly children: ReactNode }) {
  return (
    <div className="gate">
      <PageHead title={title} lead={lead} />
      {children}
    </div>
  );
}

interface GateFormProps {
  readonly action: Action;
  readonly label: string;
  readonly running: string;
  readonly onSubmit: () => void;
  readonly children?: ReactNode;
}

function GateForm({ action, label, running, onSubmit, children }: GateFormProps) {
  const connection = useConnection();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form className="card form" onSubmit={submit} noValidate>
      {children}
      {action.failure !== undefined && <FailureNotice failure={action.failure} />}
      <div>
        <ActionButton kind="primary" submits can={act(connection)} running={action.running && running}>
          {label}
        </ActionButton>
      </div>
    </form>
  );
}

/** The contract's own limit. */
const shortest = 12;
