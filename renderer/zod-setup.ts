// Why is zod told not to compile? Its compiler needs eval, which the page's policy forbids; asking would already be a reported violation.
// Must be imported before any schema is made. docs/electron-security.md, row 7.
import { z } from "zod";

z.config({ jitless: true });
