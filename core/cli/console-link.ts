// `portcullis console-link`: another one-time link to the console of the running manager, for a browser on this machine.
import type { Command } from "commander";
import { askManager, makeManagerCommand, type ManagerOptions } from "./command.ts";

export function consoleLinkCommand(): Command {
  return makeManagerCommand("console-link", "print a new one-time link to the browser console", [
    "console-link",
    "console-link --json",
  ]).action((options: ManagerOptions) =>
    askManager(options, async (api, output) => {
      const link = await api.console.link({});
      output.answer(link, () => link.url);
      return 0;
    }),
  );
}
