// The entry of the service process: finds the port to the main process and runs the service on it.
import { runService } from "./run-service.ts";

await runService(process.parentPort as unknown as Parameters<typeof runService>[0]);
