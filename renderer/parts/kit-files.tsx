// Which files are in the kit, and where does each go? The exact text, to copy or to save; the first is the launch itself.
import type { KitView } from "../../core/api/kit-schemas.ts";
import { download } from "../can.ts";
import { CopyButton } from "./copy.tsx";
import { DownloadButton } from "./download.tsx";
import { CodeBlock, Section } from "./page.tsx";

export function KitFiles({ files }: { readonly files: KitView["files"] }) {
  const saving = download();
  return (
    <>
      {!saving.allowed && <p className="quiet">{saving.why}</p>}
      {files.map(({ name, text, where }) => (
        <Section
          key={name}
          title={name}
          lead={where}
          beside={
            <span className="guide-buttons">
              <CopyButton text={text} what={name} label="Copy" />
              <DownloadButton name={name} content={text} />
            </span>
          }
        >
          <CodeBlock text={text} label={name} />
        </Section>
      ))}
    </>
  );
}
