/** Parquet piece by piece, so that neither memory nor time is needed for the whole of it at once. */
import type { ParquetWriter } from "hyparquet-writer";
import { TradewindError } from "../../errors.ts";

/** A column in the form that the writer takes; a missing value is null. */
export interface WrittenColumn {
  readonly name: string;
  readonly type: "DOUBLE" | "BOOLEAN" | "STRING";
  readonly data: (number | boolean | string | null)[];
}

interface Target {
  readonly writer: ParquetWriter;
  readonly shape: readonly WrittenColumn[];
}

const nullable = (columns: readonly WrittenColumn[]) =>
  columns.map((column) => ({ ...column, nullable: true }));

/** A whole file, in memory. */
export async function parquetBytes(columns: readonly WrittenColumn[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  return new Uint8Array(parquetWriteBuffer({ columnData: nullable(columns) }));
}

async function openTarget(
  like: readonly WrittenColumn[],
  writer: Target["writer"]["writer"],
  metadata: Readonly<Record<string, string>> = {},
): Promise<Target> {
  const { ParquetWriter, schemaFromColumnData } = await import("hyparquet-writer");
  const schema = schemaFromColumnData({ columnData: nullable(like) });
  const kvMetadata = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  const shape = like.map((column) => ({ ...column, data: [] }));
  return { writer: new ParquetWriter({ writer, schema, kvMetadata }), shape };
}

function appendTo({ writer, shape }: Target, columns: readonly WrittenColumn[]): void | Promise<void> {
  const inOrder = shape.map(({ name, type }) => {
    const column = columns.find((one) => one.name === name);
    if (column?.type === type) return column;
    throw new TradewindError(
      "TW_ML_SHAPE",
      `expected column "${name}" of ${type} in every piece of the file, got ${column?.type ?? "none"}`,
    );
  });
  const rowGroupSize = Math.max(1, inOrder[0]?.data.length ?? 1);
  return writer.write({ columnData: nullable(inOrder), rowGroupSize });
}

/** In memory. */
export class ParquetBuffer {
  readonly #target: Target;
  readonly #bytes: () => Uint8Array;

  private constructor(target: Target, bytes: () => Uint8Array) {
    this.#target = target;
    this.#bytes = bytes;
  }

  /** @param like Names and types of the columns. */
  static async open(like: readonly WrittenColumn[]): Promise<ParquetBuffer> {
    const { ByteWriter } = await import("hyparquet-writer");
    const writer = new ByteWriter();
    return new ParquetBuffer(await openTarget(like, writer), () => new Uint8Array(writer.getBuffer()));
  }

  /** @throws TradewindError TW_ML_SHAPE when the columns are others than those of the first piece. */
  append(columns: readonly WrittenColumn[]): void {
    void appendTo(this.#target, columns);
  }

  finish(): Uint8Array {
    void this.#target.writer.finish();
    return this.#bytes();
  }
}

/** In a file, of which only the piece at hand is in memory. */
export class ParquetFile {
  readonly #target: Target;

  private constructor(target: Target) {
    this.#target = target;
  }

  /**
   * Makes or replaces the file; the caller renames it into place when it is whole.
   * @param like Names and types of the columns.
   * @param metadata Texts that readers of the file's metadata find by their keys.
   */
  static async open(
    path: string,
    like: readonly WrittenColumn[],
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<ParquetFile> {
    const { fileWriter } = await import("hyparquet-writer");
    return new ParquetFile(await openTarget(like, fileWriter(path), metadata));
  }

  /** @throws TradewindError TW_ML_SHAPE when the columns are others than those of the first piece. */
  async append(columns: readonly WrittenColumn[]): Promise<void> {
    await appendTo(this.#target, columns);
  }

  async finish(): Promise<void> {
    await this.#target.writer.finish();
  }
}
