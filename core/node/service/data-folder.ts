// Where does an installation keep its things? One folder per user, in the place that each system has for it; --data names another.
// It makes nothing.
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** @param named what the person wrote; relative to the working directory. */
export function dataFolderOf(named: string | undefined, environment: NodeJS.ProcessEnv = process.env): string {
  if (named !== undefined) return resolve(named);
  const home = homedir();
  if (process.platform === "win32") return join(environment["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "Portcullis");
  if (process.platform === "darwin") return join(home, "Library", "Application Support", "Portcullis");
  const base = environment["XDG_DATA_HOME"];
  return join(base?.startsWith("/") === true ? base : join(home, ".local", "share"), "portcullis");
}

/** Where the command line reaches the manager that has this folder. */
export function controlSocketPath(dataFolder: string): string {
  return join(dataFolder, "control.sock");
}
