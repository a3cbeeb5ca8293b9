// What is the answer to each question about agent configurations? Ask the manager, and show the VM as it is afterwards. The files are made here, from the
// text that was issued. No answer holds key material.
import type { ConfigurationForm, ConfigurationImage, ConfigurationView } from "../../../api/configuration-schemas.ts";
import { toBase64, toHex } from "../../../base/bytes.ts";
import { failure } from "../../../base/failure.ts";
import { fail, ok, type Result } from "../../../base/result.ts";
import { utf8 } from "../../../base/utf8.ts";
import { configurationDigest } from "../../../launch/agent-configuration.ts";
import { makeConfigDisk } from "../../../kit/config-disk.ts";
import { configDiskName } from "../../../kit/host-paths.ts";
import { configurationPiece, configurationPieceName } from "../../../kit/initramfs.ts";
import { currentConfiguration } from "../../../manager/configurations.ts";
import type { LaunchRecord, VmRecord } from "../../../manager/records.ts";
import { parseReport } from "../../../snp/report.ts";
import { nodePrimitives } from "../../primitives.ts";
import { take, type Api } from "../api.ts";
import type { RouterParts } from "../router-parts.ts";
import { shownVm, vmOf } from "../shown-vm.ts";
import { configurationView, launchSummary } from "../views.ts";

export function configurationRoutes(api: Api["configurations"], parts: RouterParts) {
  const { manager } = parts;
  return {
    list: api.list.handler(({ input }) =>
      configurationViews(vmOf(parts, input.vm), take(manager()).launches({ vm: input.vm, limit: lookedBack })),
    ),
    issue: api.issue.handler(async ({ input }) => {
      const { retry, ...question } = input;
      const vm = vmOf(parts, input.vm).id;
      return shownVm(parts, take(await take(manager()).issueConfiguration({ ...question, vm, ...(retry === undefined ? {} : { retry }) })));
    }),
    retire: api.retire.handler(({ input }) =>
      shownVm(parts, take(take(manager()).retireConfiguration({ ...input, vm: vmOf(parts, input.vm).id }))),
    ),
    image: api.image.handler(({ input }) => take(imageOf(vmOf(parts, input.vm), input.digest, input.form))),
  };
}

function configurationViews(vm: VmRecord, launches: readonly LaunchRecord[]): ConfigurationView[] {
  const lastWith = new Map<string, LaunchRecord>();
  for (const launch of launches) {
    const hostData = genuineHostData(launch);
    if (hostData !== undefined && !lastWith.has(hostData)) lastWith.set(hostData, launch);
  }
  const current = currentConfiguration(vm);
  return vm.configurations.map((configuration) => {
    const last = lastWith.get(configuration.digest);
    return {
      ...configurationView(configuration),
      current: configuration === current,
      ...(last === undefined ? {} : { lastLaunch: launchSummary(last) }),
    };
  });
}

/** Hex. Only of reports that were found genuine: anyone can send a report that says whatever they like. */
function genuineHostData({ report, claimsDigest }: LaunchRecord): string | undefined {
  const parsed = report === undefined || claimsDigest === undefined ? undefined : parseReport(report);
  return parsed?.ok === true ? toHex(parsed.value.hostData) : undefined;
}

function imageOf({ configurations }: VmRecord, digest: string, form: ConfigurationForm): Result<ConfigurationImage> {
  const issued = configurations.find((configuration) => configuration.digest === digest);
  if (issued === undefined) return fail(failure("configuration.unknown", digest));
  const configuration = utf8(issued.text);
  const made =
    form === "initramfs"
      ? ok(configurationPiece(configuration))
      : makeConfigDisk(configuration, configurationDigest(configuration, nodePrimitives));
  if (!made.ok) return made;
  const sha256 = toHex(nodePrimitives.digest("sha256", made.value));
  return ok({ name: form === "initramfs" ? configurationPieceName : configDiskName, base64: toBase64(made.value), sha256 });
}

/** Launches, newest first, in which the last one with each configuration is looked for. */
const lookedBack = 200;
