/** A canary on its way through its steps: where it stands, what its guardrails say, and what happens next. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { actOnRollout, type Rollout, type RolloutStep, useRollout, useRollouts } from "../../api/rollouts.ts";
import { useMay } from "../../api/session.ts";
import type { Deployment } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { Icon, type IconName } from "../../components/icons.tsx";
import { durationText, Time } from "../../components/time.tsx";
import { useServerText } from "../../i18n/use-server-text.ts";
import { colorOf, Dot, weightText } from "./deployment-parts.tsx";
import { ModelLink } from "./model-link.tsx";

export function RolloutCard({ deployment }: { deployment: Deployment }) {
  const { data } = useRollouts(deployment.name);
  const open = data?.rollouts.find(({ ended_at }) => ended_at === null);
  return open === undefined ? null : <Running deployment={deployment} id={open.id} />;
}

function Running({ deployment, id }: { deployment: Deployment; id: number }) {
  const { t } = useTranslation();
  const translated = useServerText();
  const { data: rollout } = useRollout(deployment.name, id);
  if (rollout === undefined) return null;
  return (
    <section className="card p-4" aria-label={t("Canary rollout")}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h2 className="font-semibold">{t("Canary rollout")}</h2>
        <span className="inline-flex items-center gap-1.5 text-sm">
          <Dot color={colorOf(deployment.variants, rollout.variant)} />
          {rollout.variant}
        </span>
        <ModelLink reference={rollout.model} />
        <RolloutState state={rollout.state} />
        <span className="ml-auto flex flex-wrap gap-2">
          <Interventions deployment={deployment} rollout={rollout} />
        </span>
      </div>
      <Steps rollout={rollout} />
      {rollout.next === null ? null : (
        <p className="mt-3 text-sm text-soft" data-rollout-next={rollout.next.kind}>
          {translated(rollout.next.reason)}
        </p>
      )}
      <ul className="mt-3 flex flex-col gap-1.5">
        {rollout.guardrail_states.map(({ guardrail, state, seen }) => (
          <li key={guardrail} className="flex flex-wrap items-baseline gap-x-3 text-sm">
            <GuardrailSign state={state} name={guardrail} />
            <span className="text-xs text-soft">{seen}</span>
          </li>
        ))}
      </ul>
      <ol className="mt-3 border-t pt-2 text-xs text-soft" aria-label={t("What happened")}>
        {rollout.events.map((event) => (
          <li key={`${event.happened_at} ${event.kind}`} className="flex flex-wrap gap-x-3 py-0.5">
            <Time at={Date.parse(event.happened_at)} style="full" />
            <span className="font-medium text-ink">{event.kind.replaceAll("_", " ")}</span>
            <span>{event.actor ?? t("the server")}</span>
            <span className="break-words">{event.reason}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

const signs: Record<"holds" | "unclear" | "broken", readonly [IconName, string]> = {
  holds: ["check", "text-accent-text"],
  broken: ["alert", "text-danger-text"],
  unclear: ["clock", "text-soft"],
};

function GuardrailSign({ state, name }: { state: keyof typeof signs; name: string }) {
  const [icon, color] = signs[state];
  return (
    <span className={`inline-flex items-center gap-1.5 font-medium ${color}`}>
      <Icon name={icon} size={15} />
      {name}
    </span>
  );
}

export function RolloutState({ state }: { state: Rollout["state"] }) {
  const { t } = useTranslation();
  const names: Record<Rollout["state"], string> = {
    running: t("running"),
    paused: t("paused"),
    succeeded: t("succeeded"),
    rolled_back: t("rolled back"),
    aborted: t("aborted"),
    superseded: t("overtaken by another change"),
  };
  const bad = state === "rolled_back" || state === "aborted";
  return (
    <span
      data-rollout={state}
      className={`rounded-full px-2 py-0.5 text-2xs font-medium ${bad ? "bg-danger-soft text-danger-text" : state === "paused" ? "bg-warn-soft text-warn-text" : "bg-accent-soft text-accent-text"}`}
    >
      {names[state]}
    </span>
  );
}

function Steps({ rollout }: { rollout: Rollout }) {
  const { t } = useTranslation();
  const of = (step: RolloutStep): string =>
    t("{{time}}, {{requests}} requests", {
      time: durationText(step.bake_seconds * 1000),
      requests: step.min_requests,
    });
  return (
    <ol className="mt-3 flex flex-wrap gap-2" aria-label={t("Steps")}>
      {rollout.steps.map((step, place) => {
        const here = place === rollout.step;
        const done = place < rollout.step;
        return (
          <li
            key={step.weight}
            aria-current={here ? "step" : undefined}
            className={`min-w-28 flex-1 rounded-md border px-3 py-2 ${here ? "border-accent bg-accent-soft" : done ? "bg-sunken" : ""}`}
          >
            <span className="flex items-center gap-1.5 font-semibold tabular-nums">
              {done ? <Icon name="check" size={14} /> : null}
              {weightText(step.weight)}
            </span>
            <span className="block text-2xs text-soft">{of(step)}</span>
            {here ? (
              <span className="block text-2xs text-accent-text">
                {t("since")} <Time at={Date.parse(rollout.step_started_at)} relative />
              </span>
            ) : null}
          </li>
        );
      })}
    </ol>
  );
}

function Interventions({ deployment, rollout }: { deployment: Deployment; rollout: Rollout }) {
  const { t } = useTranslation();
  const may = useMay()("edit", "Registered Models");
  const [asking, setAsking] = useState(false);
  const act = useAct(
    (verb: "pause" | "resume" | "abort") => actOnRollout(deployment.name, rollout.id, verb),
    (verb) =>
      verb === "pause"
        ? t("The rollout waits")
        : verb === "resume"
          ? t("The rollout goes on")
          : t("The rollout was ended, the traffic is as it was before"),
  );
  if (!may) return null;
  return (
    <>
      {rollout.state === "paused" ? (
        <Button small icon="play" onClick={() => act.mutate("resume")}>
          {t("Go on")}
        </Button>
      ) : (
        <Button small icon="pause" onClick={() => act.mutate("pause")}>
          {t("Hold")}
        </Button>
      )}
      <Button small kind="danger" icon="stop" onClick={() => setAsking(true)}>
        {t("Abort")}
      </Button>
      {asking ? (
        <Confirm
          title={t("Abort the rollout?")}
          act={t("Abort the rollout")}
          onClose={() => setAsking(false)}
          onConfirm={() => act.mutate("abort")}
        >
          {t("The traffic goes back to what it was before the rollout, at once.")}
        </Confirm>
      ) : null}
    </>
  );
}
