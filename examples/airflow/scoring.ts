/** Called by a task of mixed_languages.py: named inputs in, a value out. */

/** 1 for each petal that is longer than the threshold. */
export async function score(inputs: {
  measured: { petals: number[]; day: string };
  threshold: number;
}): Promise<number[]> {
  return inputs.measured.petals.map((length) => (length > inputs.threshold ? 1 : 0));
}
