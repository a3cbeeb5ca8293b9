// How is a value taken from the page? A button that says what it copies and that it did.
import { Check, Copy } from "lucide-react";
import { useState } from "react";

export function CopyButton({ text, what, label }: { readonly text: string; readonly what: string; readonly label?: string }) {
  const [result, setResult] = useState<"copied" | "failed">();
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setResult("copied"),
      () => setResult("failed"),
    );
    setTimeout(() => setResult(undefined), shownFor);
  };
  const Icon = result === "copied" ? Check : Copy;
  return (
    <>
      <button
        type="button"
        className={label === undefined ? "icon-button" : "button button-quiet"}
        onClick={copy}
        aria-label={`Copy ${what}`}
        title={`Copy ${what}`}
      >
        <Icon aria-hidden size={15} />
        {label}
      </button>
      <output className={result === "failed" ? "copy-failed" : "hidden"}>
        {result === "copied" ? `Copied ${what}` : result === "failed" ? "Could not copy: select the text instead" : ""}
      </output>
    </>
  );
}

const shownFor = 2000;
