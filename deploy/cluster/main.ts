// One command for a cluster to try: ./bazelw run //deploy/cluster

import { once } from "node:events";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Cluster, type ClusterPorts } from "./cluster";

const USAGE = `Starts three NATS servers, two replicas of the service and two bridges on this
machine, and ends them all on Ctrl-C. Each replica invents readings of eight
cities, so that there is something to see whichever dies.

  --data_dir=DIR   keeps everything there, and goes on with it the next time;
                   else it is in a temporary folder, and goes
  --help           this
`;

// Not 4222: the Debian package may have started a server there.
const PORTS: ClusterPorts = {
  nats: [4321, 4322, 4323],
  routes: [6321, 6322, 6323],
  monitors: [8321, 8322, 8323],
  services: [50051, 50052],
  bridges: [8080, 8081],
};

function options(): { data_dir?: string | undefined; help?: boolean | undefined } {
  try {
    return parseArgs({ options: { data_dir: { type: "string" }, help: { type: "boolean" } } }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** As the user means it: `bazel run` starts this in a folder of its own. */
function folderOf(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(process.env.BUILD_WORKING_DIRECTORY ?? "", path);
}

function show(cluster: Cluster): void {
  const [first, second] = PORTS.bridges;
  const rows = cluster.all.map((one) => `  ${one.name.padEnd(10)} pid ${one.pid}`);
  console.log(`
dashboard  http://localhost:${first}, and http://localhost:${second}
gRPC       ${PORTS.services.map((port) => `localhost:${port}`).join(", ")}
NATS       ${PORTS.nats.map((port) => `localhost:${port}`).join(", ")}
logs       ${cluster.folder}

${rows.join("\n")}

End any one of them (kill -9 PID) and watch the dashboard go on.
start NAME and Enter starts it again; Ctrl-C ends all.`);
}

/** What is typed: "start service-1". */
function obey(line: string, cluster: Cluster): void {
  const [verb, name] = line.trim().split(/\s+/);
  if (!verb) return;
  const process = cluster.all.find((one) => one.name === name);
  if (verb !== "start" || !process) {
    console.log(`start NAME, where NAME is one of ${cluster.all.map((one) => one.name).join(", ")}`);
  } else if (process.running) {
    console.log(`${name} runs: pid ${process.pid}`);
  } else {
    process.start();
    console.log(`${name} is started: pid ${process.pid}`);
  }
}

async function main(): Promise<void> {
  const { data_dir, help } = options();
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  const cluster = new Cluster({
    ports: PORTS,
    folder: folderOf(data_dir),
    bridges: [`--web_root=${resolve("web/site")}`],
    services: ["--simulated_places=8", "--simulation_interval=2s"],
  });
  const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  console.log("starting three NATS servers, two services and two bridges ...");
  try {
    await Promise.race([cluster.start(), stopped]);
    show(cluster);
    process.stdin.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.trimEnd().split("\n")) obey(line, cluster);
    });
    await stopped;
    console.log("stopping");
  } catch (error) {
    console.error(`cluster: ${(error as Error).message}`);
    process.exitCode = 1;
  } finally {
    process.stdin.destroy();
    await cluster.stop();
  }
}

void main();
