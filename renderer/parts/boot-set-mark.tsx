// How does a boot set stand? Its state as an icon and a word.
import { Archive, CircleCheck, CircleDashed, type LucideIcon } from "lucide-react";
import { type BootSetState, bootSetWords } from "../boot/boot-set-state.ts";
import { Mark } from "./mark.tsx";

export function BootSetMark({ state }: { readonly state: BootSetState }) {
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
