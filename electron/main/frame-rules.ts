// May this frame ask for anything? Exact origin, main frame, the expected window, not destroyed; an empty or blank address is refused.
// SECURITY: row 13. Pure, so that every way of failing it is tested without Electron.
import { consoleUrl } from "./console-address.ts";

/** What is asked of Electron's WebFrameMain. */
export interface Frame {
  readonly url: string;
  readonly parent: unknown;
  readonly detached: boolean;
  isDestroyed(): boolean;
}

/** What is asked of Electron's WebContents. */
export interface Contents {
  readonly id: number;
  isDestroyed(): boolean;
}

/** @param frame null where it is gone already. @param expected the one window that shows the console. */
export function isConsoleFrame(frame: Frame | null, sender: Contents, expected: Contents | undefined): boolean {
  if (frame === null || expected === undefined) return false;
  if (sender.isDestroyed() || expected.isDestroyed() || sender.id !== expected.id) return false;
  if (frame.isDestroyed() || frame.detached || frame.parent !== null) return false;
  return frame.url === consoleUrl || frame.url.startsWith(`${consoleUrl}#`);
}
