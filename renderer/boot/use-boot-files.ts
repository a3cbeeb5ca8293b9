// How are boot files taken in? One reader for each file at a time: another file, or "stop", ends the one before. Kept by the page above the steps, so that
// reading goes on while the person looks at another step.
import { useEffect, useRef, useState } from "react";
import { sentenceOf } from "../../core/base/failure.ts";
import type { BootFile } from "../../core/measure/boot-set.ts";
import type { Result } from "../../core/base/result.ts";
import type { BootForm, Slot, Slots } from "./boot-form.ts";
import { digestFile, measureFirmware } from "./file-digest.ts";

export interface BootFiles {
  readonly form: BootForm;
  readonly change: (part: Partial<Omit<BootForm, Slots>>) => void;
  readonly take: (slot: Slots, file: File) => void;
  /** Also stops the reading. */
  readonly clear: (slot: Slots) => void;
}

export function useBootFiles(start: BootForm): BootFiles {
  const [form, setForm] = useState(start);
  const readers = useRef(new Map<Slots, AbortController>());
  useEffect(() => {
    const running = readers.current;
    return () => running.forEach((reader) => reader.abort());
  }, []);
  const stop = (slot: Slots): void => {
    readers.current.get(slot)?.abort();
    readers.current.delete(slot);
  };
  const put = (part: Partial<BootForm>): void => setForm((before) => ({ ...before, ...part }));
  const keep = async (slot: Slots, file: File, signal: AbortSignal, reading: Promise<Result<BootFile> | undefined>): Promise<void> => {
    const result = await reading;
    if (result !== undefined && !signal.aborted) put({ [slot]: slotOf(file.name, result) });
  };
  return {
    form,
    change: put,
    clear: (slot) => {
      stop(slot);
      put({ [slot]: { state: "empty" } });
    },
    take: (slot, file) => {
      stop(slot);
      const reader = new AbortController();
      readers.current.set(slot, reader);
      const tell = (share: number): void => {
        if (!reader.signal.aborted) put({ [slot]: { state: "reading", name: file.name, share } });
      };
      tell(0);
      const reading = slot === "firmware" ? measureFirmware(file, reader.signal, tell) : digestFile(file, reader.signal, tell);
      void keep(slot, file, reader.signal, reading);
    },
  };
}

function slotOf(name: string, result: Result<BootFile>): Slot<BootFile> {
  if (result.ok) return { state: "ready", file: result.value };
  return { state: "failed", name, failure: { code: result.failure.code, sentence: sentenceOf(result.failure) } };
}
