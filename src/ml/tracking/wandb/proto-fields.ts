/** As much of protobuf's wire format as reading W&B's records needs. */

export interface ProtoField {
  readonly field: number;
  /** Bytes of a text or a message; null for a number of fixed width, which nothing here asks for. */
  readonly value: number | Uint8Array | null;
}

const fixedWidths: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** Null when the bytes are no message. */
export function protoFields(bytes: Uint8Array): ProtoField[] | null {
  const fields: ProtoField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < bytes.length; factor *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    at = Number.POSITIVE_INFINITY;
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === 0) fields.push({ field, value: varint() });
    else if (wire === 2) {
      const length = varint();
      fields.push({ field, value: bytes.subarray(at, at + length) });
      at += length;
    } else {
      const width = fixedWidths[wire];
      if (width === undefined) return null;
      fields.push({ field, value: null });
      at += width;
    }
  }
  return at === bytes.length ? fields : null;
}

export class ProtoMessage {
  readonly #fields: readonly ProtoField[];

  /** What is no message is an empty one. */
  constructor(bytes: Uint8Array) {
    this.#fields = protoFields(bytes) ?? [];
  }

  int(field: number): number | null {
    const value = this.#fields.find((one) => one.field === field)?.value;
    return typeof value === "number" ? value : null;
  }

  text(field: number): string | null {
    return this.texts(field)[0] ?? null;
  }

  texts(field: number): string[] {
    return this.#bytes(field).map((bytes) => Buffer.from(bytes).toString("utf8"));
  }

  messages(field: number): ProtoMessage[] {
    return this.#bytes(field).map((bytes) => new ProtoMessage(bytes));
  }

  #bytes(field: number): Uint8Array[] {
    return this.#fields.flatMap((one) =>
      one.field === field && one.value instanceof Uint8Array ? [one.value] : [],
    );
  }
}
