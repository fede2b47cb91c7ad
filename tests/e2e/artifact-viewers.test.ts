/** Files that need a reader of their own, and traces. */
import { parquetWriteBuffer } from "hyparquet-writer";
import { PbfWriter } from "pbf";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeExperiment, makeRun, putArtifact } from "./tracked.ts";
import { expectAccessible } from "./view-checks.ts";
import { browserPath, type PageWorld, startPageWorld, withoutBrowser } from "./world.ts";

/** One page with a line of text, and a script that the file asks to be run when it is opened. */
function smallPdf(line: string): Uint8Array<ArrayBuffer> {
  const content = `BT /F1 24 Tf 60 700 Td (${line}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let text = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const at = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const places = offsets.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return new TextEncoder().encode(text);
}

describe.skipIf(browserPath === null)(`files and traces${withoutBrowser}`, () => {
  let world: PageWorld;
  let page: Page;
  let complaints: string[];
  let experimentId: string;
  let files: string;
  beforeAll(async () => {
    world = await startPageWorld({});
    experimentId = await makeExperiment(world.call, "answers");
    const runId = await makeRun(world.call, experimentId, { name: "report", status: "FINISHED" });
    const place = `${experimentId}/${runId}/artifacts`;
    const numbers = Array.from({ length: 2500 }, (_, index) => index);
    const frame = parquetWriteBuffer({
      columnData: [
        { name: "id", data: numbers.map((one) => BigInt(one) + 9007199254740993n), type: "INT64" },
        { name: "score", data: numbers.map((one) => one / 4), type: "DOUBLE" },
        { name: "city", data: numbers.map((one) => `city ${one % 7}`), type: "STRING" },
      ],
    });
    await putArtifact(world, `${place}/scores.parquet`, new Uint8Array(frame));
    await putArtifact(world, `${place}/report.pdf`, smallPdf("Quarterly report"));
    await putArtifact(world, `${place}/not.parquet`, "no table at all");
    await putArtifact(world, `${place}/not.pdf`, "no document at all");
    files = `/experiments/${experimentId}/runs/${runId}/artifacts?file=`;
    ({ page, complaints } = await world.open());
  }, 120_000);
  afterAll(() => world?.stop());

  const show = async (path: string): Promise<void> => {
    complaints.length = 0;
    await page.goto(world.url + path);
  };

  it("shows the first rows of a Parquet file, with all digits", async () => {
    await show(`${files}scores.parquet`);
    await page.getByText("The first 1000 of 2500 rows").waitFor();
    const table = page.getByRole("table", { name: "scores.parquet" });
    await table.getByText("9007199254740994").waitFor();
    await table.getByText("city 3").first().waitFor();
    await expectAccessible({ page, complaints, context: page.context() });
  });

  it("draws a PDF, tells its text, and runs nothing of it", async () => {
    page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
    await show(`${files}report.pdf`);
    await page.getByText("Quarterly report").waitFor({ state: "attached" });
    const dark = (await page.evaluate(`(() => {
      const canvas = document.querySelector("canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let dark = 0;
      for (let at = 0; at < data.length; at += 4) if (data[at] < 100 && data[at + 3] > 200) dark++;
      return dark;
    })()`)) as number;
    expect(dark).toBeGreaterThan(100);
    await expectAccessible({ page, complaints, context: page.context() });
  });

  it("says what is wrong with a file that is not what its name says", async () => {
    for (const name of ["not.parquet", "not.pdf"]) {
      await show(files + name);
      await page.getByText("This could not be loaded").waitFor();
    }
  });

  it("lists traces, and shows the spans of one as a tree with what each was given and gave", async () => {
    const trace = "tr-0123456789abcdef0123456789abcdef";
    await world.call("POST", "/api/3.0/mlflow/traces", {
      trace: {
        trace_info: {
          trace_id: trace,
          trace_location: {
            type: "MLFLOW_EXPERIMENT",
            mlflow_experiment: { experiment_id: experimentId },
          },
          request_time: "2026-11-20T08:00:00Z",
          execution_duration: "0.25s",
          state: "ERROR",
          request_preview: '{"question": "why?"}',
          tags: {
            "mlflow.traceName": "answer",
            team: "growth",
            "mlflow.artifactLocation": `mlflow-artifacts:/${experimentId}/traces/${trace}/artifacts`,
          },
        },
      },
    });
    const at = 1_795_161_600_000_000_000;
    const spans = [
      {
        name: "answer",
        context: { span_id: "0x1" },
        parent_id: null,
        start_time: at,
        end_time: at + 250_000_000,
        status_code: "OK",
        attributes: { "mlflow.spanType": '"CHAIN"', "mlflow.spanInputs": '{"question": "why?"}' },
      },
      {
        name: "retrieve",
        context: { span_id: "0x2" },
        parent_id: "0x1",
        start_time: at + 10_000_000,
        end_time: at + 40_000_000,
        status_code: "ERROR",
        status_message: "the index is gone",
        attributes: { "mlflow.spanType": '"RETRIEVER"' },
      },
    ];
    await putArtifact(
      world,
      `${experimentId}/traces/${trace}/artifacts/traces.json`,
      JSON.stringify({ spans }),
    );
    await show(`/experiments/${experimentId}/traces`);
    await page.getByRole("table", { name: "Traces" }).getByRole("button", { name: "answer" }).click();
    const tree = page.getByRole("list", { name: "Spans" });
    await tree.getByText("retriever").waitFor();
    await page.getByText("why?").first().waitFor();
    await tree
      .getByRole("button", { name: /retrieve/ })
      .last()
      .click();
    await page.getByText("the index is gone").waitFor();
    await expectAccessible({ page, complaints, context: page.context() });
    await page.reload();
    await page.getByText("the index is gone").waitFor();
    await page.getByRole("button", { name: "Fold answer" }).click();
    await tree.getByText("retriever").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "All traces" }).click();
    await show(`/experiments/${experimentId}/traces?q=nothing`);
    await page.getByText("There are no traces").waitFor();
  });

  it("shows the spans of a trace that came over OpenTelemetry, all bars on one axis", async () => {
    const at = 1_795_161_600_000_000_000n;
    const ms = 1_000_000n;
    const spans: SentSpan[] = [
      { id: 1, name: "question", start: at, end: at + 200n * ms },
      { id: 2, parent: 1, name: "search", start: at + 50n * ms, end: at + 100n * ms },
      { id: 3, parent: 2, name: "rank", start: at + 50n * ms, end: at + 60n * ms },
    ];
    const sent = await fetch(`${world.url}/v1/traces`, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${world.admin}`).toString("base64")}`,
        "content-type": "application/x-protobuf",
        "x-mlflow-experiment-id": experimentId,
      },
      body: exportOf(spans),
    });
    expect(sent.status).toBe(200);
    await show(`/experiments/${experimentId}/traces`);
    await page
      .getByRole("table", { name: "Traces" })
      .getByRole("button", { name: /question|0a0a0a/ })
      .click();
    const tree = page.getByRole("list", { name: "Spans" });
    await tree.getByText("rank").waitFor();
    const left = async (name: string): Promise<number> => {
      const bar = tree.getByRole("listitem").filter({ hasText: name }).locator("[data-span]");
      return (await bar.boundingBox())?.x ?? Number.NaN;
    };
    // Both began at one time, however deep they are.
    expect(await left("search")).toBeCloseTo(await left("rank"), 0);
    expect(await left("search")).toBeGreaterThan(await left("question"));
    await expectAccessible({ page, complaints, context: page.context() });
  });
});

interface SentSpan {
  id: number;
  parent?: number;
  name: string;
  start: bigint;
  end: bigint;
}

/** As exporters of OpenTelemetry send them: an ExportTraceServiceRequest. */
function exportOf(spans: readonly SentSpan[]): Uint8Array<ArrayBuffer> {
  const spanId = (id: number): Uint8Array => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, id);
  const fixed64 = (pbf: PbfWriter, tag: number, value: bigint): void => {
    pbf.writeTag(tag, 1);
    pbf.realloc(8);
    pbf.writeFixed32(Number(value & 0xffffffffn));
    pbf.writeFixed32(Number(value >> 32n));
  };
  const span = (one: SentSpan, pbf: PbfWriter): void => {
    pbf.writeBytesField(1, new Uint8Array(16).fill(10));
    pbf.writeBytesField(2, spanId(one.id));
    if (one.parent !== undefined) pbf.writeBytesField(4, spanId(one.parent));
    pbf.writeStringField(5, one.name);
    fixed64(pbf, 7, one.start);
    fixed64(pbf, 8, one.end);
  };
  const scope = (_: null, pbf: PbfWriter): void => {
    for (const one of spans) pbf.writeMessage(2, span, one);
  };
  const resource = (_: null, pbf: PbfWriter): void => pbf.writeMessage(2, scope, null);
  const request = new PbfWriter();
  request.writeMessage(1, resource, null);
  return new Uint8Array(request.finish());
}
