import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as tradewind from "../../src/index.ts";

const root = join(import.meta.dirname, "../..");

describe("what a Dag file can import", () => {
  it("has every operator, sensor, notifier, trigger and hook", () => {
    const files = globSync(["src/sdk/{operators,sensors,notifiers,triggers}/*.ts", "src/providers/*.ts"], {
      cwd: root,
    });
    const names = files.flatMap((file) =>
      [
        ...readFileSync(join(root, file), "utf8").matchAll(
          /^export (?:const|class) (\w+(?:Operator|Sensor|SensorAsync|Marker|Notifier|Trigger|Hook))\b/gm,
        ),
      ].map((match) => match[1] as string),
    );
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !(name in tradewind))).toEqual([]);
  });
});
