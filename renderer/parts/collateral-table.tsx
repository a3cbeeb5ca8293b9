// What of AMD's is in the cache, for whom, and until when? What has run out comes first; states are words, colours only repeat them.
import { CircleCheck, CircleX, Clock, Hourglass } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { CollateralItemView } from "../../core/api/collateral-schemas.ts";
import type { Tone } from "../words.ts";
import { Digest } from "./digest.tsx";
import { Mark } from "./mark.tsx";
import { Table } from "./table.tsx";
import { When } from "./time.tsx";

type State = CollateralItemView["state"];

export function CollateralTable({ items }: { readonly items: readonly CollateralItemView[] }) {
  const ordered = order.flatMap((state) => items.filter((item) => item.state === state));
  const shown = ordered.slice(0, most);
  return (
    <>
      <Table
        caption="Certificates and revocation lists, what has run out first"
        columns={["State", "What", "Product", "Chip or provider", "TCB", "From", "Until"]}
      >
        {shown.map((item, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- nothing else tells two issuers of one name apart, and rows have no state
          <Row key={index} item={item} />
        ))}
      </Table>
      {ordered.length > shown.length && (
        <p className="quiet list-end">
          And {ordered.length - shown.length} more. <code>portcullis collateral list</code> shows all.
        </p>
      )}
    </>
  );
}

function Row({ item }: { readonly item: CollateralItemView }) {
  const { word, tone, icon } = stateWords[item.state];
  return (
    <tr>
      <td className="cell-tight">
        <Mark icon={icon} tone={tone}>
          {word}
        </Mark>
      </td>
      <th scope="row">{kindWords[item.kind]}</th>
      <td>{item.product}</td>
      <td>{item.chipId === undefined ? (item.provider ?? <Every kind={item.kind} />) : <Digest value={item.chipId} what="Chip id" />}</td>
      <td className="cell-tight">{item.tcb !== undefined && <code>{item.tcb}</code>}</td>
      <td className="cell-tight">
        <When at={item.from} />
      </td>
      <td className="cell-tight">
        <When at={item.until} />
      </td>
    </tr>
  );
}

function Every({ kind }: { readonly kind: CollateralItemView["kind"] }) {
  return <span className="quiet">{kind === "vlek" ? "unnamed provider" : "every chip"}</span>;
}

const kindWords: Readonly<Record<CollateralItemView["kind"], string>> = {
  ark: "Root (ARK)",
  ask: "Issuer of chips' keys (ASK)",
  asvk: "Issuer of providers' keys (ASVK)",
  vcek: "Chip's key (VCEK)",
  vlek: "Provider's key (VLEK)",
  crl: "Revocation list (CRL)",
};

const stateWords: Readonly<Record<State, { readonly word: string; readonly tone: Tone; readonly icon: LucideIcon }>> = {
  expired: { word: "Expired", tone: "bad", icon: CircleX },
  soon: { word: "Expires soon", tone: "wait", icon: Clock },
  "not-yet": { word: "Not valid yet", tone: "wait", icon: Hourglass },
  current: { word: "Current", tone: "good", icon: CircleCheck },
};
const order: readonly State[] = ["expired", "soon", "not-yet", "current"];
/** More rows would make the page slow, and nobody reads them. */
const most = 200;
