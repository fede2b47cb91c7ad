/** When a value of a task's state store goes that says nothing of it; null: never. */
export function defaultExpiry(retentionDays: number, now: number): number | null {
  return retentionDays === 0 ? null : now + retentionDays * 86_400_000;
}
