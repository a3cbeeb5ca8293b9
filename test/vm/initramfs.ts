// What does a VM of these tests start with? The words of docs/agent.md, and in the agent's place a wrapper that names the simulated processor.

/** The processor's port inside the VM, by the name that QEMU gives it. */
export const processorPort = "portcullis.processor";

export interface Initrd {
  readonly path: string;
  readonly kernel: string;
  readonly commandLine: string;
}

/** One device with a fixed address, in the network that QEMU makes. */
export const fixedNetwork = "ip=10.0.2.15::10.0.2.2:255.255.255.0::any:none";

/** docs/agent.md. */
export const commandLine = [
  "console=ttyS0",
  "quiet",
  // A busy machine emulates a timer that seems not to tick.
  "no_timer_check",
  "panic=-1",
  "rd.shell=0",
  "rd.emergency=poweroff",
  "root=/dev/mapper/root",
  "rootfstype=ext4",
  "ro",
  fixedNetwork,
].join(" ");

/** Runs inside the VM; it ends with the agent's exit code because it becomes the agent. */
export const agentWrapper = `#!/bin/sh
for name in /sys/class/virtio-ports/*/name; do
  read -r found < "$name" || continue
  [ "$found" != ${processorPort} ] || port=$name
done
port=\${port%/name}
exec /usr/lib/portcullis/portcullis-agent-simulated --processor "/dev/\${port##*/}" "$@"
`;
