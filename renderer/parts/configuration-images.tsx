// In which file does the configuration reach the VM, where the host passes no fw_cfg file? Made by the service when asked for, and saved by the browser.
import type { ConfigurationForm } from "../../core/api/configuration-schemas.ts";
import type { VmDetail } from "../../core/api/schemas.ts";
import { fromBase64 } from "../../core/base/bytes.ts";
import type { Delivery } from "../../core/kit/launch-kit.ts";
import { useAction } from "../api/action.ts";
import { useConnection } from "../api/query.ts";
import { act, download } from "../can.ts";
import { ActionButton } from "./button.tsx";
import { save } from "./download.tsx";
import { FailureNotice } from "./notice.tsx";
import { Section } from "./page.tsx";

interface Props {
  readonly vm: VmDetail;
  /** Of the configuration, hex. */
  readonly digest: string;
  readonly delivery: Delivery;
}

export function ConfigurationImages({ vm, digest, delivery }: Props) {
  const connection = useConnection();
  const action = useAction();
  if (delivery === "fw-cfg") return null;
  const { title, lead } = words[delivery];
  const saving = download();
  return (
    <Section title={title} lead={lead}>
      <ActionButton
        can={saving.allowed ? act(connection) : saving}
        running={action.running && "Making it …"}
        onPress={() =>
          action.run(
            (client) => client.configurations.image({ vm: vm.id, digest, form: delivery }),
            ({ name, base64 }) => {
              const bytes = fromBase64(base64);
              if (bytes !== undefined) save(name, new Uint8Array(bytes));
            },
          )
        }
      >
        Download it
      </ActionButton>
      {action.failure !== undefined && <FailureNotice failure={action.failure} />}
    </Section>
  );
}

const words: Readonly<Record<ConfigurationForm, { readonly title: string; readonly lead: string }>> = {
  "config-disk": {
    title: "Configuration disk",
    lead: "A small labelled image with the configuration on it. Put it into the folder on the host; the launch attaches it.",
  },
  initramfs: {
    title: "Configuration for the initrd",
    lead: "Put it before the initrd: cat piece initrd.img > new-initrd.img. That changes the measurement: add the new initrd as boot files, and use their kit.",
  },
};
