// With which rights is a window made? The whole list, stated, so that a test can hold it against the security list.
// SECURITY: rows 2, 3, 4, 6, 8 and 22. Pure data.
import type { Session, WebPreferences } from "electron";

export function webPreferences(session: Session, preload: string, packaged: boolean): WebPreferences {
  return {
    session,
    preload,
    // SECURITY: row 2
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    // SECURITY: row 3
    contextIsolation: true,
    // SECURITY: row 4
    sandbox: true,
    // SECURITY: row 6
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    // SECURITY: row 8
    webviewTag: false,
    // SECURITY: row 22
    devTools: !packaged,
    spellcheck: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    autoplayPolicy: "document-user-activation-required",
    disableDialogs: true,
    enableWebSQL: false,
  };
}
