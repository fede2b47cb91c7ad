/**
 * A PDF, drawn onto canvases page by page as they come into sight. Nothing of the file runs: pdf.js is given no way to
 * its scripts, forms and links, and reads it in a worker (ADR 151). The reader comes with the first file.
 */
import type { PDFDocumentProxy } from "pdfjs-dist";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { bytesText } from "../../components/numbers.ts";
import { Empty, Failure, Loading } from "../../components/page.tsx";
import { fetchBytes, TooLarge } from "./fetch-bytes.ts";

const mostBytes = 64 * 1024 * 1024;
const mostPages = 200;
const widest = 900;

export function PdfView({ address, name }: { address: string; name: string }) {
  const { t } = useTranslation();
  const { file, error } = usePdf(address);
  if (error instanceof TooLarge)
    return (
      <Empty icon="file" title={t("This file is too large to be shown")}>
        {t("{{size}}; up to {{most}} are shown. Download it to look at it.", {
          size: bytesText(error.size),
          most: bytesText(mostBytes),
        })}
      </Empty>
    );
  if (error !== null) return <Failure error={error} />;
  if (file === null) return <Loading rows={8} />;
  const pages = Math.min(file.numPages, mostPages);
  return (
    <>
      <p className="border-b px-4 py-1.5 text-xs text-soft tabular-nums">
        {pages < file.numPages
          ? t("The first {{shown}} of {{total}} pages", { shown: pages, total: file.numPages })
          : t("{{count}} pages", { count: file.numPages })}
      </p>
      <div className="flex flex-col items-center gap-4 bg-sunken p-4" aria-label={name}>
        {Array.from({ length: pages }, (_, index) => (
          <PdfPage key={index} file={file} number={index + 1} />
        ))}
      </div>
    </>
  );
}

function usePdf(address: string): { file: PDFDocumentProxy | null; error: unknown } {
  const [opened, setOpened] = useState<{ file: PDFDocumentProxy | null; error: unknown }>({
    file: null,
    error: null,
  });
  useEffect(() => {
    const leave = new AbortController();
    let close = (): void => undefined;
    const open = async (): Promise<void> => {
      const data = await fetchBytes(address, mostBytes, leave.signal);
      const { getDocument, PDFWorker } = await import("pdfjs-dist");
      const { default: Reader } = await import("pdfjs-dist/build/pdf.worker.min.mjs?worker");
      if (leave.signal.aborted) return;
      const port = new Reader();
      const task = getDocument({
        data,
        worker: PDFWorker.create({ port }),
        enableXfa: false,
        stopAtErrors: false,
      });
      close = () => void task.destroy().finally(() => port.terminate());
      setOpened({ file: await task.promise, error: null });
    };
    open().catch((error: unknown) => {
      if (!leave.signal.aborted) setOpened({ file: null, error });
    });
    return () => {
      leave.abort();
      close();
    };
  }, [address]);
  return opened;
}

/** As high as a page of A4 until it is drawn. */
function PdfPage({ file, number }: { file: PDFDocumentProxy; number: number }) {
  const { t } = useTranslation();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [words, setWords] = useState("");
  useEffect(() => {
    const [box, paper] = [frame.current, canvas.current];
    if (box === null || paper === null) return;
    let stop = (): void => undefined;
    const seen = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        seen.disconnect();
        void draw(file, number, box, paper, (cancel) => {
          stop = cancel;
        }).then(setWords, () => undefined);
      },
      { rootMargin: "400px" },
    );
    seen.observe(box);
    return () => {
      seen.disconnect();
      stop();
    };
  }, [file, number]);
  return (
    <div ref={frame} className="w-full" style={{ maxWidth: widest }}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={t("Page {{number}}", { number })}
        className="aspect-[1/1.414] h-auto w-full bg-white shadow-float"
      />
      <p className="sr-only">{words}</p>
    </div>
  );
}

/** The page's text, for those who do not see it. */
async function draw(
  file: PDFDocumentProxy,
  number: number,
  box: HTMLElement,
  canvas: HTMLCanvasElement,
  cancelBy: (cancel: () => void) => void,
): Promise<string> {
  const page = await file.getPage(number);
  const natural = page.getViewport({ scale: 1 });
  const scale = (box.clientWidth / natural.width) * Math.min(2, window.devicePixelRatio);
  const viewport = page.getViewport({ scale });
  canvas.width = Math.round(viewport.width);
  canvas.height = Math.round(viewport.height);
  canvas.style.aspectRatio = `${natural.width} / ${natural.height}`;
  const task = page.render({ canvas, viewport });
  cancelBy(() => task.cancel());
  await task.promise;
  const { items } = await page.getTextContent();
  return items.map((item) => ("str" in item ? item.str : "")).join(" ");
}
