/** A binary heap whose items can be moved and taken out when what they are ordered by changes. */
export class IndexedHeap<T> {
  readonly #before: (a: T, b: T) => boolean;
  readonly #items: T[] = [];
  readonly #places = new Map<T, number>();

  /** `before` must be a total order, so that the same items always come in the same sequence. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  has(item: T): boolean {
    return this.#places.has(item);
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** Puts the item in, or where it belongs now. O(log n). */
  place(item: T): void {
    let at = this.#places.get(item);
    if (at === undefined) {
      at = this.#items.length;
      this.#items.push(item);
      this.#places.set(item, at);
    }
    this.#down(this.#up(at));
  }

  /** O(log n); nothing happens when it is not there. */
  remove(item: T): void {
    const at = this.#places.get(item);
    if (at === undefined) return;
    const last = this.#items.pop() as T;
    this.#places.delete(item);
    if (at === this.#items.length) return;
    this.#set(at, last);
    this.#down(this.#up(at));
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  #set(at: number, item: T): void {
    this.#items[at] = item;
    this.#places.set(item, at);
  }

  #up(start: number): number {
    let at = start;
    const item = this.#items[at] as T;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#items[parent] as T;
      if (!this.#before(item, above)) break;
      this.#set(at, above);
      at = parent;
    }
    this.#set(at, item);
    return at;
  }

  #down(start: number): void {
    let at = start;
    const item = this.#items[at] as T;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#items.length) break;
      const right = child + 1;
      if (right < this.#items.length && this.#before(this.#items[right] as T, this.#items[child] as T)) {
        child = right;
      }
      const below = this.#items[child] as T;
      if (!this.#before(below, item)) break;
      this.#set(at, below);
      at = child;
    }
    this.#set(at, item);
  }
}
