/** A form for a new canary: which model, in which steps, and what it may not break. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { type NewRollout, startRollout } from "../../api/rollouts.ts";
import type { Deployment } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field } from "../../components/field.tsx";

interface Typed {
  name: string;
  model: string;
  /** Percent, with commas. */
  weights: string;
  minutes: string;
  requests: string;
  errors: string;
  p99: string;
}

const usual: Typed = {
  name: "canary",
  model: "",
  weights: "1, 10, 50, 100",
  minutes: "10",
  requests: "100",
  errors: "5",
  p99: "",
};

/** Null while something is missing; the server says what else is wrong. */
function rolloutOf(typed: Typed): NewRollout | null {
  const weights = typed.weights
    .split(/[\s,;]+/)
    .filter((text) => text !== "")
    .map(Number);
  const steps = weights.map((weight) => ({
    weight,
    bake_seconds: Number(typed.minutes) * 60,
    min_requests: Number(typed.requests),
  }));
  const numbers = [...weights, Number(typed.minutes), Number(typed.requests)];
  if (typed.name === "" || typed.model === "" || weights.length === 0 || numbers.some(Number.isNaN))
    return null;
  return {
    variant: { name: typed.name, model: typed.model },
    steps,
    guardrails: {
      ...(typed.errors === "" ? {} : { max_error_rate: Number(typed.errors) / 100 }),
      ...(typed.p99 === "" ? {} : { max_p99_ms: Number(typed.p99) }),
    },
  };
}

export function RolloutDialog({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(usual);
  const body = rolloutOf(typed);
  const start = useAct(
    (rollout: NewRollout) => startRollout(deployment.name, rollout),
    t("The rollout has begun"),
  );
  const field = (name: keyof Typed, label: string, more: { hint?: string; placeholder?: string } = {}) => (
    <Field label={label} {...(more.hint === undefined ? {} : { hint: more.hint })}>
      {(id) => (
        <input
          id={id}
          className="field"
          value={typed[name]}
          placeholder={more.placeholder}
          onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <Dialog
      open
      title={t("New canary rollout")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button
            kind="primary"
            disabled={body === null || start.isPending}
            onClick={() => body !== null && start.mutate(body, { onSuccess: onClose })}
          >
            {t("Begin")}
          </Button>
        </>
      }
    >
      <div className="grid gap-3 sm:grid-cols-2">
        {field("name", t("Name of the variant"))}
        {field("model", t("Model"), { placeholder: "models:/churn/4" })}
        {field("weights", t("Steps, in percent"), { hint: t("Growing, with commas between them.") })}
        {field("minutes", t("Minutes for each step"))}
        {field("requests", t("Requests for each step"))}
        {field("errors", t("Errors at most, in percent"))}
        {field("p99", t("p99 at most, in milliseconds"))}
      </div>
      <p className="mt-4 text-sm text-soft">
        {t(
          "Each step waits for its time and its requests. When a guardrail breaks, the traffic goes back by itself.",
        )}
      </p>
    </Dialog>
  );
}
