/** The slots of one pool, and who takes them. */

export interface PoolSize {
  /** -1: without limit. */
  readonly slots: number;
  readonly includeDeferred: boolean;
}

/** Airflow's default pool. */
export const defaultPool = { name: "default_pool", slots: 128, includeDeferred: false } as const;

export class PoolUsage {
  readonly name: string;
  /** Null: nobody has made the pool, so that nothing may run in it. */
  size: PoolSize | null = null;
  /** Slots of instances that are queued or run. */
  active = 0;
  /** Slots of deferred instances; they count only with `includeDeferred`. */
  deferred = 0;
  /** Slots that other schedulers take. */
  elsewhere = 0;

  constructor(name: string) {
    this.name = name;
  }

  get total(): number {
    if (this.size === null) return 0;
    return this.size.slots < 0 ? Number.POSITIVE_INFINITY : this.size.slots;
  }

  /** Never below zero, also when the pool was made smaller than what is taken. */
  get open(): number {
    const deferred = this.size?.includeDeferred ? this.deferred : 0;
    return Math.max(0, this.total - this.active - deferred - this.elsewhere);
  }
}
