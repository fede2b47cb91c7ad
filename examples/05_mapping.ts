/**
 * Dynamic mapping: as many instances of a task as a list that another task returns has elements.
 *
 * `list_files` decides at run time how many there are; `count_words` runs once for each, and `total` gets the list of
 * their results. A whole group can be expanded too: for each region its own `read` → `sum`, depth first.
 */
import { Dag, type GroupInputs } from "tradewind";

export const mapping = new Dag("mapping", { schedule: null, tags: ["example"] });

const texts: Record<string, string> = {
  "a.txt": "the quick brown fox",
  "b.txt": "jumps over",
  "c.txt": "the lazy dog",
};

const listFiles = mapping.task("list_files", async () => Object.keys(texts));
const countWords = mapping.task(
  "count_words",
  async ({ file, least }: { file: string; least: number }) =>
    (texts[file] ?? "").split(" ").filter((word) => word.length >= least).length,
  // What a page shows for each instance, instead of its number.
  { mapIndexTemplate: "{{ file }}" },
);
const total = mapping.task("total", async ({ counts }: { counts: number[] }) =>
  counts.reduce((sum, count) => sum + count, 0),
);

// `partial` gives what is the same for all, `expand` what differs: three instances.
const counts = countWords.partial({ least: 4 }).expand({ file: listFiles() });
total({ counts });

const perRegion = mapping.taskGroup("per_region", (group, { region }: GroupInputs<{ region: string }>) => {
  const read = group.task("read", async ({ region }: { region: string }) => [region.length, 1, 2]);
  const sum = group.task("sum", async ({ numbers }: { numbers: number[] }) =>
    numbers.reduce((a, b) => a + b, 0),
  );
  return sum({ numbers: read({ region }) });
});
const sums = perRegion.expand({ region: ["north", "south", "east"] });

mapping.task("largest", async ({ sums }: { sums: number[] }) => Math.max(...sums))({ sums });
