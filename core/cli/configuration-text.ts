// How is an agent configuration shown on a terminal? Whether it is accepted, what it opens and where it dials, and who launched with it last.
import type { ConfigurationView } from "../api/configuration-schemas.ts";
import { utf8 } from "../base/utf8.ts";
import { parseConfiguration } from "../launch/agent-configuration.ts";
import { launchLine } from "./launch-text.ts";
import { printable } from "./output.ts";

export function configurationsText(configurations: readonly ConfigurationView[]): string {
  return configurations.map(configurationText).join("\n\n");
}

export function configurationText(configuration: ConfigurationView): string {
  const { digest, hostDataBase64, text, issuedAt, reason } = configuration;
  const lines = [
    `${stateOf(configuration)}: HOST_DATA ${digest}`,
    `  in base64 (QEMU host-data=) ${hostDataBase64}`,
    `  issued ${issuedAt}${reason === undefined ? " with the enrolment" : ` (${reason})`}`,
    ...contentLines(text),
    `  ${lastLaunchSentence(configuration)}`,
  ];
  return lines.map(printable).join("\n");
}

export function lastLaunchSentence({ lastLaunch }: Pick<ConfigurationView, "lastLaunch">): string {
  return lastLaunch === undefined
    ? "None of the last 200 launches of the VM was made with it."
    : `The last launch with it: ${launchLine(lastLaunch)}`;
}

function stateOf({ current, retiredAt, retiredReason }: ConfigurationView): string {
  if (retiredAt !== undefined) return `retired ${retiredAt}${retiredReason === undefined ? "" : ` (${retiredReason})`}`;
  return current ? "accepted, to launch with" : "accepted still";
}

/** A manager of another version may have issued what this program cannot read: then its text is shown. */
function contentLines(text: string): readonly string[] {
  const read = parseConfiguration(utf8(text));
  if (!read.ok) return [`  ${text}`];
  const { disks, manager, retry } = read.value.configuration;
  const patience = retry.giveUpAfterSeconds === 0 ? "never gives up" : `gives up after ${retry.giveUpAfterSeconds} s`;
  return [
    ...disks.map(
      ({ id, device, name, uuid }) => `  disk ${id}: ${device} as ${name}${uuid === undefined ? "" : `, if its UUID is ${uuid}`}`,
    ),
    `  dials ${manager.endpoints.join(", then ")}`,
    `  tries again after ${retry.firstDelaySeconds} to ${retry.maximumDelaySeconds} s, ${patience}`,
  ];
}
