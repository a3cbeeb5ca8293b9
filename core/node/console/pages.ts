// What does a person see whose link does not open the console? Plain pages without script or style, that say how to get another link.
// Fixed text only: nothing of a request is ever written into them.

export type NoticeName = "used" | "expired" | "unknown" | "no-session" | "not-built";

export function noticePage(name: NoticeName): string {
  const { title, text, next = newLink } = notices[name];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width">
<title>${title} · Portcullis</title>
<h1>${title}</h1>
<p>${text}</p>
<p>${next}
</html>
`;
}

const newLink =
  "For a new link, press Enter in the terminal where <code>portcullis serve</code> runs, or run <code>portcullis console-link</code>.";

const notices: Readonly<Record<NoticeName, { readonly title: string; readonly text: string; readonly next?: string }>> = {
  used: {
    title: "This link was used already",
    text: "A link opens the console once. If it was not you who used it, stop the manager and look into its log.",
  },
  expired: {
    title: "This link has expired",
    text: "A link is good for ten minutes.",
  },
  unknown: {
    title: "This link is not known here",
    text: "It belongs to an earlier run of the manager, or was not copied whole.",
  },
  "no-session": {
    title: "The console opens with a link",
    text: "This browser has no session with the manager, or its session has ended.",
  },
  "not-built": {
    title: "The console was not built",
    text: "The manager runs, and the command line works: see <code>portcullis --help</code>.",
    next: "To have the console, stop the manager and start it with <code>npm start</code>, which builds it.",
  },
};
