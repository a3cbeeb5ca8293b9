// What can go wrong between a person and the service: the contract, its two hosts and the command line (core/api, core/node, core/cli, electron).
import type { FailureEntry } from "./entry.ts";

export const hostFailures = {
  "api.not-allowed": {
    family: "refused",
    peer: "not-accepted",
    sentence: "This connection may not do that. A decision is confirmed in the host's own dialog or terminal, never in the page.",
  },
  "api.busy": {
    family: "limited",
    peer: "busy",
    sentence: "This connection has too many questions open at once. Wait for the answers, or close other tabs.",
  },
  "api.internal": {
    family: "bug",
    peer: "busy",
    sentence: "The service failed because of a mistake of its own. Look into its log for the number given here, and report it.",
  },
  "api.no-such-launch": {
    family: "misconfigured",
    peer: "not-accepted",
    sentence: "There is no launch of that id. Look at the list of launches.",
  },
  "api.no-such-policy": {
    family: "malformed",
    peer: "malformed",
    sentence: "The VM has no such version of its policy. List its versions, and name one of them.",
  },
  "api.no-such-vm": {
    family: "misconfigured",
    peer: "not-accepted",
    sentence: "There is no VM of that name or id. Look at the list of VMs.",
  },
  "api.no-such-simulation": {
    family: "misconfigured",
    peer: "not-accepted",
    sentence: "There is no simulated launch of that id: it may have ended long ago. Start another one.",
  },
  "service.keychain-unset": {
    family: "needs-person",
    peer: "busy",
    sentence: "No keychain was chosen yet. Choose the system's keychain or a sealed key file in the console (or serve --keychain).",
  },
  "service.keychain-chosen": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The keychain of this installation was chosen already and cannot be changed. Unlock the one that it was set up with.",
  },
  "service.keychain-passphrase": {
    family: "needs-person",
    peer: "busy",
    sentence: "The sealed key file needs its passphrase. Enter it in the console, or start with --keychain sealed-file --passphrase-file.",
  },
  "service.not-ready": {
    family: "unavailable",
    peer: "busy",
    sentence: "The service is still starting. Wait a moment and try again.",
  },
  "service.no-console": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "This manager has no console in a browser: use its window, or start one with portcullis serve.",
  },
  "service.listen-address": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The address is not HOST:PORT. Write it like 127.0.0.1:7443 or [::1]:7443.",
  },
  "service.control-socket": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The control socket could not be opened in the data folder. Check the folder's rights and that its path is short enough.",
  },
  "console.not-built": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The console was not built. Run npm run build, or start with npm start.",
  },
  "console.port-in-use": {
    family: "misconfigured",
    peer: "busy",
    sentence: "Another program listens on the console's port. Choose another one (--console-port), or leave it out for a free one.",
  },
  "simulation.no-cryptsetup": {
    family: "misconfigured",
    peer: "busy",
    sentence: "A simulated launch opens a real LUKS2 image and needs cryptsetup. Install it (Debian: apt-get install cryptsetup-bin).",
  },
  "simulation.not-simulated": {
    family: "refused",
    peer: "not-accepted",
    sentence: "That VM is not enrolled as simulated, and never accepts simulated evidence. Choose a simulated one, or leave it out.",
  },
  "simulation.running": {
    family: "limited",
    peer: "busy",
    sentence: "A simulated launch of that VM is running already. Decide it, or wait until it has ended.",
  },
  "simulation.disk": {
    family: "unavailable",
    peer: "busy",
    sentence: "The scratch disk could not be made. Check the free space of the data folder's disk.",
  },
  "simulation.disk-elsewhere": {
    family: "refused",
    peer: "not-accepted",
    sentence:
      "A disk of that VM is not in the folder of simulated disks, and nothing else is formatted. Leave the VM out to get one of its own.",
  },
  "simulation.agent": {
    family: "unavailable",
    peer: "busy",
    sentence: "The agent could not be started. Its lines and the log say more.",
  },
  "simulation.listener": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The manager does not listen for launches now. Mend that first: the status says why.",
  },
  "cli.no-manager": {
    family: "unavailable",
    peer: "busy",
    sentence: "No manager is running on this data folder. Start one with portcullis serve, or name another folder with --data.",
  },
  "cli.connection-lost": {
    family: "unavailable",
    peer: "busy",
    sentence: "The manager went away while it was asked. Look into its log, start it again and look at what it recorded.",
  },
  "cli.usage": {
    family: "misconfigured",
    peer: "malformed",
    sentence: "The command was not understood. See its --help.",
  },
  "cli.unreadable": {
    family: "misconfigured",
    peer: "malformed",
    sentence: "The file cannot be read. Check its name and that you may read it.",
  },
  "cli.not-compared": {
    family: "refused",
    peer: "not-accepted",
    sentence: "This was not compared, because what it must be was not given. Give --report-data or --configuration.",
  },
  "cli.needs-terminal": {
    family: "needs-person",
    peer: "busy",
    sentence:
      "A person has to confirm this, and there is no terminal to ask. Run it in a terminal, or say with the named option that you looked at it before.",
  },
  "cli.not-confirmed": {
    family: "refused",
    peer: "busy",
    sentence: "Nothing was decided: the name that was typed is not the VM's.",
  },
} as const satisfies Record<string, FailureEntry>;
