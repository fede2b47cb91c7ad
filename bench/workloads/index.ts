import { w1Python } from "./w1-chain-in-python.ts";
import { w1, w2 } from "./w1-chain-of-40.ts";
import { w3 } from "./w3-three-steps.ts";
import { w4 } from "./w4-scheduling.ts";
import { w5 } from "./w5-fan-out.ts";
import { w6 } from "./w6-fleet-with-history.ts";
import { w6a } from "./w6-pages-and-lists.ts";
import { w9 } from "./w9-crash.ts";
import { w10 } from "./w10-start.ts";
import type { Workload } from "./workload.ts";

export const workloads: readonly Workload[] = [w1, w1Python, w2, w3, w4, w5, w6, w6a, w9, w10];
