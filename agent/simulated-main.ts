// The agent for trying things out: the same program, with reports from a simulated processor on a socket.
// SECURITY: kept out of the release bundle. A manager takes its reports only for a VM that was enrolled as simulated.
import { runProgram } from "./program.ts";
import { simulatedReportSource } from "./simulated/report-source.ts";

runProgram(
  { name: "portcullis-agent-simulated", simulated: true, source: ({ processor = "" }) => simulatedReportSource(processor) },
  process.argv.slice(2),
);
