// The agent of a real confidential VM: its reports come from the processor, through the kernel, and from nowhere else.
// SECURITY: this is the release bundle's entry; it must never import the simulated source.
import { systemRandom } from "../core/node/random.ts";
import { configfsReportSource } from "./configfs-tsm.ts";
import { runProgram } from "./program.ts";

runProgram({ name: "portcullis-agent", simulated: false, source: () => configfsReportSource(systemRandom) }, process.argv.slice(2));
