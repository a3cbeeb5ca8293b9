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

/** On the kernel command line: has the agent's wrapper print what figures.ts reads. No other test has a program beside the agent. */
export const figuresWord = "test.figures";

/** Runs inside the VM; it ends with the agent's exit code because it becomes the agent. $1 of what it starts beside it is the agent's process. */
export const agentWrapper = `#!/bin/sh
started() {
  read -r line < "/proc/$1/stat"
  set -- $line
  shift 21
  echo "$1"
}
figures() {
  ticks="launch-started-ticks=$(started $PPID) agent-started-ticks=$(started $1)"
  read -r uptime line < /proc/uptime
  echo "figures: uptime=$uptime $ticks"
  least=
  while [ -d "/proc/$1" ]; do
    while read -r name value line; do [ "$name" != VmHWM: ] || peak=$value; done < "/proc/$1/status"
    while read -r name value line; do
      case $name in MemTotal:) total=$value ;; MemAvailable:) [ "\${least:-$value}" -lt "$value" ] || least=$value ;; esac
    done < /proc/meminfo
    sleep 0.1
  done 2> /dev/null
  echo "figures: agent-peak-kib=$peak least-available-kib=$least memory-kib=$total"
}
read -r line < /proc/cmdline
case " $line " in *" ${figuresWord} "*) figures $$ < /dev/null & ;; esac
for name in /sys/class/virtio-ports/*/name; do
  read -r found < "$name" || continue
  [ "$found" != ${processorPort} ] || port=$name
done
port=\${port%/name}
exec /usr/lib/portcullis/portcullis-agent-simulated --processor "/dev/\${port##*/}" "$@"
`;
