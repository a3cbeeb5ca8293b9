// What can go wrong with ID keys, ID blocks and signed reference values, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const idKeyFailures = {
  "id-key.name": {
    family: "malformed",
    peer: "malformed",
    sentence: "The name of a key is 1 to 32 small letters, digits and hyphens, and begins with a letter or digit. Choose another name.",
  },
  "id-key.taken": {
    family: "refused",
    peer: "malformed",
    sentence: "There is a key of this name already, and a key is never overwritten. Choose another name.",
  },
  "id-key.left-over": {
    family: "refused",
    peer: "malformed",
    sentence:
      "The keychain holds a key of this name that the data folder does not know: of a crash, or because the folder was put back from an older copy. It is never overwritten: choose another name, or restore the folder that knows it.",
  },
  "id-key.unknown": {
    family: "refused",
    peer: "malformed",
    sentence: "There is no key of this name. List the keys (`portcullis id-key list`), or create it.",
  },
  "id-key.purpose": {
    family: "refused",
    peer: "malformed",
    sentence: "This key was made for something else, and a key signs only what it was made for. Name another key.",
  },
  "id-key.too-many": {
    family: "limited",
    peer: "busy",
    sentence: "There are as many keys as can be kept. Delete those that nothing uses any more.",
  },
  "id-key.file": {
    family: "malformed",
    peer: "malformed",
    sentence:
      "The file holds no private key that can be read. Give a PEM file without a passphrase, as `openssl ecparam -name secp384r1 -genkey` writes it.",
  },
  "id-key.curve": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The key is not one of P-384, and AMD's firmware takes no other. Make one with `openssl ecparam -name secp384r1 -genkey`.",
  },
  "id-key.public-file": {
    family: "malformed",
    peer: "malformed",
    sentence: "The file holds no P-384 public key in PEM. Give the one that `portcullis id-key export` writes.",
  },
  "id-key.in-use": {
    family: "refused",
    peer: "malformed",
    sentence: "A VM's plan or policy names this key. Take it out there first, so that no launch depends on a key that is gone.",
  },
  "id-key.not-confirmed": {
    family: "refused",
    peer: "malformed",
    sentence: "Nothing was deleted: the confirmation is not the name of the key. Give the name once more.",
  },
  "id-key.mismatch": {
    family: "misconfigured",
    peer: "busy",
    sentence:
      "The keychain holds another key under this name than was recorded, so nothing was signed. Restore the keychain and the data folder from the same backup.",
  },
  "id-block.no-key": {
    family: "refused",
    peer: "malformed",
    sentence: "The VM's plan names no ID key, so there is nothing to sign with. Name one in the plan, or launch without an ID block.",
  },
  "id-block.not-approved": {
    family: "needs-person",
    peer: "not-accepted",
    sentence:
      "A signed ID block admits an image, and this boot set is not approved, or was retired. Approve it first, or have it signed at the terminal by whoever may approve.",
  },
  "id-block.not-demanded": {
    family: "needs-person",
    peer: "not-accepted",
    sentence:
      "The plan gives the ID block a name, a security version or a key that the VM's policy does not demand, or that another VM's policy relies on. Demand it in the policy, or have the block signed once at the terminal by whoever may approve.",
  },
  "id-block.guest-policy": {
    family: "malformed",
    peer: "malformed",
    sentence: "The guest policy is not one that AMD allows: bit 17 must be set, and bits above 25 clear. Give it as in 0x30000.",
  },
  "id-block.identity": {
    family: "malformed",
    peer: "malformed",
    sentence: "FAMILY_ID and IMAGE_ID are 16 bytes that are not all zero, and GUEST_SVN is a whole number of 32 bits. Mend the named one.",
  },
  "id-block.other-measurement": {
    family: "refused",
    peer: "not-accepted",
    sentence:
      "The ID block is signed for another launch measurement: the firmware would refuse this launch. Make the block for this boot set.",
  },
  "id-block.other-policy": {
    family: "refused",
    peer: "not-accepted",
    sentence:
      "The ID block is signed for another guest policy: the firmware would refuse this launch. Launch with that policy, or make the block anew.",
  },
  "id-block.other-key": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The ID block was signed with another ID key than the one that was named. Find out who signed it.",
  },
  "reference.malformed": {
    family: "malformed",
    peer: "malformed",
    sentence:
      "The file holds no reference values in a form that is read here: DSSE over an in-toto Statement, or CoRIM. Nothing of it was used: ask whoever made it for another one.",
  },
  "reference.payload-type": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The envelope holds something else than an in-toto Statement. Nothing of it was used.",
  },
  "reference.predicate-type": {
    family: "unsupported",
    peer: "unsupported",
    sentence:
      "The signed statement is about something else than launches of SEV-SNP VMs. Give one that `portcullis reference export` wrote.",
  },
  "reference.corim-form": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The CoRIM uses a form that is not read here. Nothing of it was used: what is not sure is refused.",
  },
  "reference.signature": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The named key did not sign these reference values. Find out who did, and do not use them until you know.",
  },
  "reference.unsigned": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "Nobody signed these reference values, so they are shown and never used. Ask whoever made them for signed ones.",
  },
  "reference.not-valid-now": {
    family: "refused",
    peer: "not-accepted",
    sentence:
      "Whoever signed these reference values says that they are not valid now. Ask for newer ones, or look at this machine's clock.",
  },
  "reference.nothing": {
    family: "refused",
    peer: "not-accepted",
    sentence:
      "There is no launch measurement to use. For an export, approve a boot set of the VM first; of a file, look at what was not taken and why.",
  },
} as const satisfies Record<string, FailureEntry>;
