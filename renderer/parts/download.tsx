// How is a file taken from the page? The browser saves it; the app's own window saves nothing (docs/electron-security.md, row 21) and says where else
// to get it.
import { Download } from "lucide-react";
import { download as mayDownload } from "../can.ts";

interface Props {
  readonly name: string;
  readonly content: string | Uint8Array<ArrayBuffer>;
}

export function DownloadButton({ name, content }: Props) {
  if (!mayDownload().allowed) return null;
  return (
    <button type="button" className="button button-quiet" onClick={() => save(name, content)} aria-label={`Download ${name}`}>
      <Download aria-hidden size={15} /> Download
    </button>
  );
}

export function save(name: string, content: Props["content"]): void {
  const address = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), keptFor);
}

/** Long enough for a browser that asks where to. */
const keptFor = 60_000;
