/** Map indexes that wait, lowest first. Adding in ascending order, as expansion does, costs O(1). */
export class MapIndexQueue {
  readonly #heap: number[] = [];
  readonly #members = new Set<number>();

  get size(): number {
    return this.#members.size;
  }

  has(mapIndex: number): boolean {
    return this.#members.has(mapIndex);
  }

  add(mapIndex: number): void {
    if (this.#members.has(mapIndex)) return;
    this.#members.add(mapIndex);
    const heap = this.#heap;
    let at = heap.push(mapIndex) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as number) <= mapIndex) break;
      heap[at] = heap[parent] as number;
      at = parent;
    }
    heap[at] = mapIndex;
  }

  /** What is taken out in the middle stays in the heap until it comes up. */
  delete(mapIndex: number): void {
    this.#members.delete(mapIndex);
  }

  first(): number | undefined {
    while (this.#heap.length > 0 && !this.#members.has(this.#heap[0] as number)) this.#dropFirst();
    return this.#heap[0];
  }

  pop(): number | undefined {
    const first = this.first();
    if (first === undefined) return undefined;
    this.#members.delete(first);
    this.#dropFirst();
    return first;
  }

  #dropFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as number;
    if (heap.length === 0) return;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[child] as number) >= last) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = last;
  }
}
