/** A row for the endpoint, typed by hand, and what it answers. */
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Asked, ask, type ModelInput, useModelInputs } from "../../api/serving.ts";
import type { Deployment } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Field, Segments } from "../../components/field.tsx";
import { latencyText } from "../../components/figures.ts";
import { JsonView } from "../../components/json-view.tsx";
import { Link, paths, useAddress } from "../../components/link.tsx";
import { Failure, Loading } from "../../components/page.tsx";
import { colorOf, Dot } from "./deployment-parts.tsx";

type As = "form" | "json";

export function TryIt({ deployment }: { deployment: Deployment }) {
  const query = useModelInputs(deployment.name, deployment.generation);
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return <Loading />;
  return <Asking deployment={deployment} inputs={query.data.inputs} />;
}

function Asking({ deployment, inputs }: { deployment: Deployment; inputs: readonly ModelInput[] }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const as: As = inputs.length === 0 || address["as"] === "json" ? "json" : "form";
  const [cells, setCells] = useState<{ [name: string]: string }>({});
  const [json, setJson] = useState(() => JSON.stringify(exampleOf(inputs), null, 2));
  const [key, setKey] = useState("");
  const answer = useMutation({
    mutationFn: async () =>
      ask(deployment.name, as === "form" ? bodyOf(inputs, cells) : JSON.parse(json), key),
  });
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <form
        className="card flex flex-col gap-3 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          answer.mutate();
        }}
      >
        <div className="flex flex-wrap items-center justify-between gap-2">
          <h2 className="font-semibold">{t("Row")}</h2>
          {inputs.length === 0 ? null : (
            <Segments<As>
              label={t("How")}
              value={as}
              onChange={(value) => change({ as: value === "form" ? undefined : value })}
              options={[
                { value: "form", label: t("Form") },
                { value: "json", label: "JSON" },
              ]}
            />
          )}
        </div>
        {as === "form" ? (
          <div className="grid gap-3 sm:grid-cols-2">
            {inputs.map((input) => (
              <Cell
                key={input.name}
                input={input}
                value={cells[input.name] ?? ""}
                onChange={(value) => setCells({ ...cells, [input.name]: value })}
              />
            ))}
          </div>
        ) : (
          <textarea
            aria-label={t("Body of the request")}
            rows={10}
            spellCheck={false}
            className="field w-full font-mono text-xs"
            value={json}
            onChange={(event) => setJson(event.target.value)}
          />
        )}
        <Field label={t("Routing key")} hint={t("Requests of one key are answered by one variant.")}>
          {(id) => (
            <input id={id} className="field" value={key} onChange={(event) => setKey(event.target.value)} />
          )}
        </Field>
        <Button kind="primary" icon="play" type="submit" disabled={answer.isPending} className="self-start">
          {t("Ask")}
        </Button>
      </form>
      <section className="card p-4" aria-label={t("Answer")} aria-live="polite">
        <h2 className="mb-2 font-semibold">{t("Answer")}</h2>
        {answer.error ? (
          <p role="alert" className="text-sm break-words text-danger-text">
            {answer.error.message}
          </p>
        ) : answer.data === undefined ? (
          <p className="text-sm text-soft">{t("It stands here as soon as you ask.")}</p>
        ) : (
          <Answered deployment={deployment} answer={answer.data} />
        )}
      </section>
    </div>
  );
}

function Answered({ deployment, answer }: { deployment: Deployment; answer: Asked }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-3">
      <JsonView value={answer.predictions} />
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
        <dt className="text-faint">{t("Variant")}</dt>
        <dd className="inline-flex items-center gap-1.5">
          <Dot color={colorOf(deployment.variants, answer.variant)} />
          {answer.variant}
          {answer.modelVersion === null
            ? null
            : ` · ${t("version {{version}}", { version: answer.modelVersion })}`}
        </dd>
        <dt className="text-faint">{t("Took")}</dt>
        <dd>{latencyText(answer.tookMs)}</dd>
        <dt className="text-faint">{t("Request id")}</dt>
        <dd>
          <Link
            to={`${paths.deployment(deployment.name, "requests")}?request=${encodeURIComponent(answer.requestId)}`}
            className="link font-mono text-xs break-all"
          >
            {answer.requestId}
          </Link>
        </dd>
      </dl>
    </div>
  );
}

const isNumber = ({ datatype }: ModelInput): boolean => /^(U?INT|FP)/.test(datatype);

function Cell({
  input,
  value,
  onChange,
}: {
  input: ModelInput;
  value: string;
  onChange: (value: string) => void;
}) {
  const { t } = useTranslation();
  return (
    <Field label={input.name} hint={input.datatype.toLowerCase()}>
      {(id) =>
        input.datatype === "BOOL" ? (
          <select id={id} className="field" value={value} onChange={(event) => onChange(event.target.value)}>
            <option value="">{t("missing")}</option>
            <option value="true">true</option>
            <option value="false">false</option>
          </select>
        ) : (
          <input
            id={id}
            className="field"
            inputMode={isNumber(input) ? "decimal" : "text"}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Field>
  );
}

/** An empty field is a missing value. What is no number goes as it was typed: the server says what it expects. */
function valueOf(input: ModelInput, text: string | undefined): unknown {
  if (text === undefined || text === "") return null;
  if (input.datatype === "BOOL") return text === "true";
  const number = Number(text);
  return isNumber(input) && !Number.isNaN(number) ? number : text;
}

function bodyOf(inputs: readonly ModelInput[], cells: { [name: string]: string }): unknown {
  return {
    dataframe_split: {
      columns: inputs.map(({ name }) => name),
      data: [inputs.map((input) => valueOf(input, cells[input.name]))],
    },
  };
}

function exampleOf(inputs: readonly ModelInput[]): unknown {
  if (inputs.length === 0) return { inputs: [[0, 0]] };
  return {
    dataframe_split: {
      columns: inputs.map(({ name }) => name),
      data: [inputs.map((input) => (isNumber(input) ? 0 : input.datatype === "BOOL" ? false : ""))],
    },
  };
}
