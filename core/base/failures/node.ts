// What can go wrong in core/node, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const nodeFailures = {
  "files.too-open": {
    family: "misconfigured",
    peer: "busy",
    sentence: "Other users of this machine can read or change the folder or file. Take their rights away (chmod go-rwx) and start again.",
  },
  "files.not-ours": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The folder or file belongs to another user, or is a symbolic link. Run Portcullis as its owner, or name another folder.",
  },
  "files.unreadable": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The file or folder cannot be read. Check that it exists and that you may read it.",
  },
  "files.unwritable": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The file or folder cannot be written. Check the folder's rights and the free space on its disk.",
  },
  "files.disk-full": {
    family: "unavailable",
    peer: "busy",
    sentence: "The disk is full and the file was not written. Free some space and try again.",
  },
  "files.too-large": {
    family: "malformed",
    peer: "busy",
    sentence: "The file is larger than anything that belongs there. Check that the right file was named.",
  },
  "store.in-use": {
    family: "misconfigured",
    peer: "busy",
    sentence: "Another manager is running on this data folder. Stop it first, or name another folder.",
  },
  "store.corrupt": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The database is damaged and was left as it is. Keep a copy, restore a backup, and compare the audit log with an export.",
  },
  "store.newer": {
    family: "misconfigured",
    peer: "busy",
    sentence: "A newer Portcullis wrote this database. Start that version, or name another data folder; this one changed nothing.",
  },
  "store.foreign": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The file is a database of another program. Name another data folder.",
  },
  "store.unwritable": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The database cannot be opened for writing. Check the data folder's rights, and that its disk is not mounted read-only.",
  },
  "store.disk-full": {
    family: "unavailable",
    peer: "busy",
    sentence:
      "The disk of the data folder is full: nothing was written, no key was released. Free some space; agents try again by themselves.",
  },
  "store.not-applied": {
    family: "unavailable",
    peer: "busy",
    sentence:
      "The database did not take the change and nothing was written. Look at the data folder's disk; agents try again by themselves.",
  },
  "store.answer-unknown": {
    family: "unavailable",
    peer: "busy",
    sentence: "It is not known whether the database kept the last change, so the launch ended. Check the disk and restart.",
  },
  "store.tip-moved": {
    family: "bug",
    peer: "busy",
    sentence:
      "The audit log grew while an entry was made, so nothing was written. Restart the manager, and report this if it happens again.",
  },
  "keychain.missing": {
    family: "misconfigured",
    peer: "busy",
    sentence:
      "No keychain answers here. Start a desktop session or a secret service, or choose a sealed key file (--keychain sealed-file).",
  },
  "keychain.locked": {
    family: "unavailable",
    peer: "busy",
    sentence: "The keychain is locked, or has no keyring yet. Unlock it by logging in to the desktop or with its own tool, then try again.",
  },
  "keychain.refused": {
    family: "unavailable",
    peer: "busy",
    sentence: "The keychain did not do what was asked. Look for a prompt of its own on the screen, or into its log, then try again.",
  },
  "keychain.time-out": {
    family: "unavailable",
    peer: "busy",
    sentence: "The keychain did not answer in time. Look for a prompt of its own on the screen, then try again.",
  },
  "keychain.no-such-key": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The keychain holds no such key. If it was deleted, restore it from the owner's backup of the disk key.",
  },
  "keychain.wrong-passphrase": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The passphrase does not open the sealed key file. Nothing was changed: try again.",
  },
  "keychain.empty-passphrase": {
    family: "misconfigured",
    peer: "busy",
    sentence: "A sealed key file needs a passphrase, and this one is empty or no text. Choose several random words.",
  },
  "keychain.damaged": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The sealed key file is damaged and was left as it is. Restore it from a backup.",
  },
  "keychain.absent": {
    family: "misconfigured",
    peer: "busy",
    sentence: "There is no sealed key file yet. Choose a new installation to make one, or restore it from a backup.",
  },
  "keychain.exists": {
    family: "misconfigured",
    peer: "busy",
    sentence: "There is a sealed key file already, and it is never overwritten. Open it with its passphrase, or move it away.",
  },
  "keychain.another-backend": {
    family: "misconfigured",
    peer: "busy",
    sentence: "This installation keeps its keys in another kind of keychain. Choose the one that it was set up with.",
  },
  "listener.port-in-use": {
    family: "misconfigured",
    peer: "busy",
    sentence: "Another program listens on the port for launches. Stop it, or choose another port (--listen).",
  },
  "listener.address": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The address for launches does not belong to this machine, or may not be used. Choose another one (--listen).",
  },
  "listener.failed": {
    family: "unavailable",
    peer: "busy",
    sentence: "The network refused to listen for launches. Look at the system's log and its limits on open files.",
  },
  "listener.tls": {
    family: "misbehaved",
    peer: "malformed",
    sentence:
      "A connection was no TLS 1.3 handshake for alp/1. If it came from a VM of yours, update its agent; else nothing needs to be done.",
  },
  "listener.handshake-deadline": {
    family: "limited",
    peer: "busy",
    sentence: "A connection did not finish its TLS handshake in time and was cut. If it came from a VM of yours, look at its network.",
  },
  "listener.too-many": {
    family: "limited",
    peer: "busy",
    sentence: "Connections were cut because there were too many, or too many at once from one address. Look for who opens them.",
  },
  "listener.too-much": {
    family: "limited",
    peer: "malformed",
    sentence: "A peer sent more than any launch needs and was cut. If it was a VM of yours, look into its agent.",
  },
  "listener.not-reading": {
    family: "limited",
    peer: "busy",
    sentence: "A peer did not read what was sent to it and was cut. If it was a VM of yours, look at its network.",
  },
  "authority.malformed": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The manager's CA certificate or key cannot be read. Restore both from the same backup.",
  },
  "authority.key-missing": {
    family: "misconfigured",
    peer: "busy",
    sentence:
      "The manager's CA certificate is there, its key is not in the keychain. Restore the key: a new one locks out every VM that pins it.",
  },
  "authority.mismatch": {
    family: "misconfigured",
    peer: "busy",
    sentence: "The manager's CA key and its certificate do not belong together. Restore both from the same backup.",
  },
  "kds.off": {
    family: "unavailable",
    peer: "try-later",
    sentence:
      "AMD's key service is switched off and a certificate or list is in no cache. Import a collateral bundle, or switch the service on.",
  },
  "kds.unavailable": {
    family: "unavailable",
    peer: "try-later",
    sentence: "AMD's key service did not answer usefully. Check the network, or import the certificate into the collateral folder.",
  },
  "kds.throttled": {
    family: "unavailable",
    peer: "try-later",
    sentence: "AMD's key service has had too many requests from this address. Wait a few minutes; the agent tries again by itself.",
  },
  "kds.ahead-full": {
    family: "limited",
    peer: "busy",
    sentence: "As much is being fetched ahead as may be at once. Wait until that has ended, then ask again.",
  },
  "kds.not-found": {
    family: "unavailable",
    peer: "try-later",
    sentence: "AMD's key service knows no certificate for this processor and firmware. Check that the processor is a production one.",
  },
  "kds.malformed": {
    family: "unavailable",
    peer: "try-later",
    sentence:
      "The key service sent something that is not what was asked for. Something between here and AMD answers in its place: look into it.",
  },
} as const satisfies Record<string, FailureEntry>;
