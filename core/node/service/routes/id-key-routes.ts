// What is the answer to each question about ID keys? One line a method; keys from files are read here, wiped here, and never in an answer.
import type { IdBlockQuestion, IdBlockView, IdKeyView } from "../../../api/id-key-schemas.ts";
import { toBase64, toHex } from "../../../base/bytes.ts";
import { rfc3339 } from "../../../base/clock.ts";
import { writeP384PublicKey } from "../../../endorse/p384-spki.ts";
import { checkIdBlock } from "../../../kit/id-block-check.ts";
import { digestOf, pointOf } from "../../../manager/id-key-facts.ts";
import type { IdKeyRecord } from "../../../manager/id-key-records.ts";
import type { Manager } from "../../../manager/manager.ts";
import { spkiOf } from "../../../snp/id-block.ts";
import { readP384Key } from "../../key-file.ts";
import { nodePrimitives } from "../../primitives.ts";
import { take, type Api } from "../api.ts";
import type { RouterParts } from "../router-parts.ts";

export function idKeyRoutes(api: Api["idKeys"], { manager }: RouterParts) {
  return {
    list: api.list.handler(() => {
      const ready = take(manager());
      const vms = ready.vms();
      return ready.idKeys.list().map((key) => keyView(key, ready, vms));
    }),
    create: api.create.handler(async ({ input }) => {
      const ready = take(manager());
      return keyView(take(await ready.idKeys.add(input)), ready);
    }),
    import: api.import.handler(async ({ input: { name, purpose, path } }) => {
      const ready = take(manager());
      const scalar = take(readP384Key(path));
      try {
        return keyView(take(await ready.idKeys.add({ name, purpose, scalar })), ready);
      } finally {
        scalar.wipe();
      }
    }),
    publicKey: api.publicKey.handler(({ input }) => {
      const ready = take(manager());
      return keyView(take(ready.idKeys.find(input.name)), ready);
    }),
    remove: api.remove.handler(async ({ input }) => {
      take(await take(manager()).idKeys.remove(input));
      return {};
    }),
    // The role is the contract's: whoever comes here may approve.
    signBlock: api.signBlock.handler(({ input }) => signedBlock(take(manager()), input)),
    signReferences: api.signReferences.handler(async ({ input }) => {
      const { envelope, keyId, values } = take(await take(manager()).exportReferences(input));
      return { envelope, keyId, values: values.map(({ label, measurement }) => ({ label, measurement })) };
    }),
  };
}

function keyView(key: IdKeyRecord, manager: Manager, vms = manager.vms()): IdKeyView {
  const point = pointOf(key);
  return {
    name: key.name,
    purpose: key.purpose,
    createdAt: rfc3339(key.createdAt),
    imported: key.imported,
    keyDigest: digestOf(key, nodePrimitives),
    keyId: toHex(nodePrimitives.digest("sha256", spkiOf(point))),
    publicKey: writeP384PublicKey(point),
    usedBy: manager.idKeys.usedBy(key, vms).map(({ name }) => name),
  };
}

async function signedBlock({ idBlocks }: Manager, question: IdBlockQuestion): Promise<IdBlockView> {
  const { block, auth, authorKey } = take(await idBlocks.sign(question, true));
  const { failures: _, ...says } = take(checkIdBlock(block, auth, {}, nodePrimitives));
  return { block: toBase64(block), auth: toBase64(auth), authorKey, ...says };
}
