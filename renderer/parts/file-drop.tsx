// How is a boot file given? Dropped, or chosen by keyboard; while it is read it says how far it is and can be stopped; then its digest is there to compare.
// The file stays on this machine: only its digests leave the page.
import { FileUp, Square } from "lucide-react";
import { type DragEvent, useState } from "react";
import type { BootFile } from "../../core/measure/boot-set.ts";
import type { Slot } from "../boot/boot-form.ts";
import { Digest } from "./digest.tsx";

interface Props {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly slot: Slot<BootFile>;
  readonly error?: string | undefined;
  readonly onFile: (file: File) => void;
  readonly onClear: () => void;
}

export function FileDrop({ id, label, hint, slot, error, onFile, onClear }: Props) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer.files;
    if (file !== undefined) onFile(file);
  };
  const wrong = slot.state === "failed" ? slot.failure.sentence : error;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <p id={`${id}-hint`} className="field-hint">
        {hint}
      </p>
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- whoever cannot drag uses the file input in it */}
      <div
        className={`drop${over ? " drop-over" : ""}${wrong === undefined ? "" : " drop-wrong"}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Told slot={slot} />
        <div className="drop-buttons">
          <span className="button button-plain drop-choose">
            <FileUp aria-hidden size={15} />
            <span aria-hidden>{slot.state === "empty" ? "Choose a file" : "Another file"}</span>
            <input
              id={id}
              type="file"
              aria-invalid={wrong !== undefined}
              aria-describedby={`${id}-hint ${id}-told`}
              onChange={(event) => {
                const [file] = event.target.files ?? [];
                if (file !== undefined) onFile(file);
                // The same file again is a change too: it may have been mended meanwhile.
                event.target.value = "";
              }}
            />
          </span>
          {slot.state !== "empty" && (
            <button
              type="button"
              className="button button-quiet"
              onClick={onClear}
              aria-label={`${slot.state === "reading" ? "Stop reading" : "Take out"} ${label}`}
            >
              {slot.state === "reading" && <Square aria-hidden size={13} />}
              {slot.state === "reading" ? "Stop" : "Take it out"}
            </button>
          )}
        </div>
      </div>
      {/* Heard when it changes: the file is read, or why it is not. */}
      <output id={`${id}-told`} className={wrong === undefined ? "hidden" : "field-error"}>
        {wrong ?? (slot.state === "ready" ? `${slot.file.name} is read` : "")}
      </output>
    </div>
  );
}

function Told({ slot }: Pick<Props, "slot">) {
  if (slot.state === "empty") return <p className="drop-told quiet">Drop the file here.</p>;
  if (slot.state === "reading")
    return (
      <div className="drop-told">
        <p>{slot.name}</p>
        <progress className="drop-progress" max={1} value={slot.share} aria-label={`Reading ${slot.name}`} />
      </div>
    );
  if (slot.state === "failed") return <p className="drop-told">{slot.name}</p>;
  return (
    <div className="drop-told">
      <p>
        {slot.file.name} <span className="quiet">{sizeOf(slot.file.bytes)}</span>
      </p>
      <p className="quiet">
        SHA-256 <Digest value={slot.file.sha256} what={`SHA-256 of ${slot.file.name}`} />
      </p>
    </div>
  );
}

export function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const mib = bytes / 2 ** 20;
  return mib < 1 ? `${(bytes / 1024).toFixed(0)} KiB` : `${mib.toFixed(1)} MiB`;
}
