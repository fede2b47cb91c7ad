/** The guardrails of an endpoint: what they say of its canaries, and a form to change them. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { setGuardrails } from "../../api/serving.ts";
import type { Deployment, GuardrailSaying, Guardrails } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field } from "../../components/field.tsx";
import { latencyText, percentText } from "../../components/figures.ts";
import { Icon } from "../../components/icons.tsx";

export function GuardrailCard({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const { guardrails, sayings } = deployment;
  return (
    <section aria-label={t("Guardrails")} className="card p-4">
      <h3 className="mb-2 font-semibold">{t("Guardrails")}</h3>
      {guardrails === null ? (
        <p className="text-sm text-soft">{t("There is none: a canary that goes wrong keeps its traffic.")}</p>
      ) : sayings.length === 0 ? (
        <p className="text-sm text-soft">
          {t("No variant is judged now: a canary is one with less traffic than another.")}
        </p>
      ) : (
        <ul className="flex flex-col gap-2">
          {sayings.map((one) => (
            <li key={`${one.variant} ${one.rule}`} className="flex flex-wrap items-baseline gap-x-3 text-sm">
              <Saying saying={one} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const signs = {
  kept: ["check", "text-accent-text"],
  broken: ["alert", "text-danger-text"],
  waiting: ["clock", "text-soft"],
} as const;

function Saying({ saying }: { saying: GuardrailSaying }) {
  const { t } = useTranslation();
  const isRate = saying.rule === "max_error_rate";
  const text = (value: number | null): string => (isRate ? percentText(value, 2) : latencyText(value));
  const [icon, color] = signs[saying.verdict];
  const values = { value: text(saying.value), limit: text(saying.limit) };
  return (
    <>
      <span className={`inline-flex items-center gap-1.5 font-medium ${color}`}>
        <Icon name={icon} size={15} />
        {saying.variant}
      </span>
      <span>
        {isRate
          ? t("error rate {{value}}, allowed {{limit}}", values)
          : t("p99 {{value}}, allowed {{limit}}", values)}
      </span>
      <span className="text-xs text-faint">
        {saying.verdict === "waiting"
          ? t("{{requests}} of {{minimum}} requests before it is judged", {
              requests: saying.requests,
              minimum: saying.minimum,
            })
          : t("of {{requests}} requests since the last change", { requests: saying.requests })}
      </span>
    </>
  );
}

const asNumber = (text: string): number | undefined => (text.trim() === "" ? undefined : Number(text));

export function GuardrailDialog({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const { t } = useTranslation();
  const { name, guardrails } = deployment;
  const old = guardrails?.max_error_rate;
  const [errors, setErrors] = useState(old === undefined ? "" : String(Number((old * 100).toPrecision(6))));
  const [p99, setP99] = useState(String(guardrails?.max_p99_ms ?? ""));
  const [minimum, setMinimum] = useState(String(guardrails?.min_requests ?? ""));
  const save = useAct(
    (body: Guardrails | null) => setGuardrails(name, body),
    t("The guardrails were changed"),
  );
  const submit = (): void => {
    const [rate, latency, requests] = [errors, p99, minimum].map(asNumber);
    const body: Guardrails = {
      ...(rate === undefined ? {} : { max_error_rate: rate / 100 }),
      ...(latency === undefined ? {} : { max_p99_ms: latency }),
      ...(requests === undefined ? {} : { min_requests: requests }),
    };
    save.mutate(rate === undefined && latency === undefined ? null : { ...guardrails, ...body }, {
      onSuccess: onClose,
    });
  };
  const fields = [
    { label: t("Errors at most, in percent"), value: errors, set: setErrors },
    { label: t("p99 at most, in milliseconds"), value: p99, set: setP99 },
    { label: t("Requests before it is judged"), value: minimum, set: setMinimum },
  ];
  return (
    <Dialog
      open
      title={t("Guardrails")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" disabled={save.isPending} onClick={submit}>
            {t("Save")}
          </Button>
        </>
      }
    >
      <p className="mb-3 text-sm text-soft">
        {t("A canary that breaks one gets no more traffic. An empty field is no guardrail.")}
      </p>
      <div className="flex flex-col gap-3">
        {fields.map(({ label, value, set }) => (
          <Field key={label} label={label}>
            {(id) => (
              <input
                id={id}
                type="number"
                min={0}
                step="any"
                className="field"
                value={value}
                onChange={(event) => set(event.target.value)}
              />
            )}
          </Field>
        ))}
      </div>
    </Dialog>
  );
}
