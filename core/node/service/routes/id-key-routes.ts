// What is the answer to each question about ID keys? One line a method. No answer holds a private key.
import { failure } from "../../../base/failure.ts";
import { refused, type Api } from "../api.ts";

export function idKeyRoutes(api: Api["idKeys"]) {
  const unready = (): never => {
    throw refused(failure("service.not-ready"));
  };
  return {
    list: api.list.handler(() => unready()),
    create: api.create.handler(() => unready()),
    import: api.import.handler(() => unready()),
    publicKey: api.publicKey.handler(() => unready()),
    remove: api.remove.handler(() => unready()),
    signBlock: api.signBlock.handler(() => unready()),
  };
}
