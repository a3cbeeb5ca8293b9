// How does a boot set stand? Its state as an icon and a word.
import { Archive, CircleCheck, CircleDashed, type LucideIcon } from "lucide-react";
import type { KeptBootSetView } from "../../core/api/boot-schemas.ts";
import type { VmDetail } from "../../core/api/schemas.ts";
import { type BootSetState, bootSetWords, stateOf } from "../boot/boot-set-state.ts";
import { Mark } from "./mark.tsx";

export function BootSetMark({ vm, kept }: { readonly vm: VmDetail; readonly kept: KeptBootSetView }) {
  const state = stateOf(vm, kept);
  const { word, tone } = bootSetWords[state];
  return (
    <Mark icon={icons[state]} tone={tone}>
      {word}
    </Mark>
  );
}

const icons: Readonly<Record<BootSetState, LucideIcon>> = {
  candidate: CircleDashed,
  accepted: CircleCheck,
  approved: CircleCheck,
  retired: Archive,
};
