// What exactly did the processor sign? The report's bytes as hex with offsets, closed until asked for.
import { CopyButton } from "./copy.tsx";
import { CodeBlock } from "./page.tsx";

export function RawReport({ hex }: { readonly hex: string }) {
  return (
    <details className="card raw">
      <summary>
        <span className="raw-title">Raw report</span> <span className="quiet">{hex.length / 2} bytes, as received</span>
      </summary>
      <p className="raw-actions">
        <CopyButton text={hex} what="the raw report as hex" label="Copy as hex" />
      </p>
      <CodeBlock text={hexDump(hex)} label="Raw report as hex" />
    </details>
  );
}

/** Sixteen bytes a line behind their offset, as in AMD's tables. */
export function hexDump(hex: string): string {
  const lines = hex.match(/.{1,32}/g) ?? [];
  return lines.map((line, index) => `${(16 * index).toString(16).padStart(4, "0")}  ${(line.match(/../g) ?? []).join(" ")}`).join("\n");
}
