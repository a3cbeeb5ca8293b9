// Where does the console start? It puts the chosen theme on the page, connects to the service and shows the pages.
import "./zod-setup.ts";
import "./style/tokens.css";
import "./style/base.css";
import "./style/controls.css";
import "./style/parts.css";
import "./style/table.css";
import "./style/shell.css";
import "./style/pages.css";
import "./style/launch.css";
import "./style/guide.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { openLink } from "./api/link.ts";
import { ServiceContext } from "./api/query.ts";
import { Service } from "./api/service.ts";
import { applyTheme, storedTheme } from "./theme.ts";

applyTheme(storedTheme());
const service = new Service(openLink);
service.connect();

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <ServiceContext value={service}>
      <App />
    </ServiceContext>
  </StrictMode>,
);
