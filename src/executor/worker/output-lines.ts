/**
 * Cuts what a process prints into lines of text. A line without an end is cut at a limit, so that a process that
 * prints gigabytes without a newline costs no memory; bytes that are not UTF-8 become U+FFFD.
 */
import { StringDecoder } from "node:string_decoder";

/** Characters after which an endless line is cut. */
const longestLine = 64 * 1024;

export class OutputLines {
  readonly #decoder = new StringDecoder("utf8");
  readonly #each: (line: string) => void;
  #rest = "";

  constructor(each: (line: string) => void) {
    this.#each = each;
  }

  push(chunk: Buffer): void {
    const text = this.#rest + this.#decoder.write(chunk);
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#line(text, start, end);
      start = end + 1;
    }
    while (text.length - start > longestLine) {
      this.#each(text.slice(start, start + longestLine));
      start += longestLine;
    }
    this.#rest = text.slice(start);
  }

  /** Gives out a last line that has no end. */
  finish(): void {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (rest !== "") this.#each(rest);
  }

  #line(text: string, start: number, end: number): void {
    const stop = text[end - 1] === "\r" && end > start ? end - 1 : end;
    if (stop - start <= longestLine) return this.#each(text.slice(start, stop));
    for (let at = start; at < stop; at += longestLine)
      this.#each(text.slice(at, Math.min(stop, at + longestLine)));
  }
}
