// Which product does --product name? In any case of letters; undefined where it is not given.
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { type Product, products } from "../snp/product.ts";

export function productNamed(name: string | undefined): Result<Product | undefined> {
  if (name === undefined) return ok(undefined);
  const product = products.find((known) => known.toLowerCase() === name.toLowerCase());
  return product === undefined ? fail(failure("cli.usage", `--product is one of ${products.join(", ")}`)) : ok(product);
}
