/** The variants with their share of the traffic: what it should be, what it was, and a slider to move it. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { moveTraffic } from "../../api/serving.ts";
import { useMay } from "../../api/session.ts";
import type { Deployment, EndpointVariant, VariantTraffic } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { latencyText, percentText, rateText } from "../../components/figures.ts";
import { ChangeDialog } from "./deployment-change.tsx";
import { colorOf, Dot, weightText } from "./deployment-parts.tsx";
import { ModelLink } from "./model-link.tsx";
import { share, sumOfWeights } from "./traffic-weights.ts";

interface Draft {
  /** The generation that the sliders were moved on. */
  readonly generation: number;
  readonly variants: readonly EndpointVariant[];
}

export function TrafficCard({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const may = useMay()("edit", "Registered Models");
  const [draft, setDraft] = useState<Draft | null>(null);
  const [asking, setAsking] = useState(false);
  const variants = draft?.variants ?? deployment.variants;
  const sum = sumOfWeights(variants);
  const set = (next: readonly EndpointVariant[]): void =>
    setDraft({ generation: draft?.generation ?? deployment.generation, variants: next });
  const overtaken = draft !== null && draft.generation !== deployment.generation;
  return (
    <section className="card" aria-label={t("Variants")}>
      <ul className="divide-y divide-line">
        {variants.map((variant) => (
          <VariantRow
            key={variant.name}
            variant={variant}
            deployment={deployment}
            canMove={may}
            onSlide={(weight) => set(share(variants, variant.name, weight))}
            onType={(weight) =>
              set(variants.map((one) => (one.name === variant.name ? { ...one, weight } : one)))
            }
            onShadow={(shadow) => set(shadowed(variants, variant.name, shadow))}
          />
        ))}
      </ul>
      {draft === null ? null : (
        <div className="flex flex-wrap items-center gap-3 border-t bg-sunken/60 px-4 py-2.5">
          <p className="mr-auto text-sm" role="status">
            {overtaken ? (
              <span className="text-warn-text">{t("Somebody changed the traffic meanwhile.")}</span>
            ) : sum === 100 ? (
              <span className="text-soft">{t("Not applied yet.")}</span>
            ) : (
              <span className="text-danger-text">
                {t("The weights add up to {{sum}} %; they have to be 100 %.", { sum })}
              </span>
            )}
          </p>
          <Button onClick={() => setDraft(null)}>{t("Discard")}</Button>
          <Button kind="primary" disabled={sum !== 100 || overtaken} onClick={() => setAsking(true)}>
            {t("Apply…")}
          </Button>
        </div>
      )}
      {asking && draft !== null ? (
        <ApplyDialog
          deployment={deployment}
          draft={draft}
          onClose={() => setAsking(false)}
          onDone={() => setDraft(null)}
        />
      ) : null}
    </section>
  );
}

/** A shadow has no weight; who becomes one gives its own to the others. */
function shadowed(variants: readonly EndpointVariant[], name: string, shadow: boolean): EndpointVariant[] {
  const given = shadow ? share(variants, name, 0) : [...variants];
  return given.map((one) => (one.name === name ? { ...one, shadow } : one));
}

function ApplyDialog({
  deployment,
  draft,
  onClose,
  onDone,
}: {
  deployment: Deployment;
  draft: Draft;
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useTranslation();
  const move = useAct(
    (reason: string) => moveTraffic(deployment.name, { ...draft, ...(reason === "" ? {} : { reason }) }),
    t("The traffic was moved"),
  );
  return (
    <ChangeDialog
      title={t("Move the traffic of {{name}}?", { name: deployment.name })}
      act={t("Move the traffic")}
      before={deployment.variants}
      after={draft.variants}
      onClose={onClose}
      onConfirm={(reason) => move.mutate(reason, { onSuccess: onDone })}
    />
  );
}

function VariantRow({
  variant,
  deployment,
  canMove,
  onSlide,
  onType,
  onShadow,
}: {
  variant: EndpointVariant;
  deployment: Deployment;
  canMove: boolean;
  onSlide: (weight: number) => void;
  onType: (weight: number) => void;
  onShadow: (shadow: boolean) => void;
}) {
  const { t } = useTranslation();
  const { name, model, weight, shadow } = variant;
  const traffic = deployment.traffic.find((one) => one.variant === name);
  const alone = deployment.variants.filter((one) => !one.shadow).length < 2 && !shadow;
  const still = !canMove || shadow || alone;
  return (
    <li
      className="grid items-center gap-x-6 gap-y-2 px-4 py-3 md:grid-cols-[minmax(0,1fr)_minmax(0,1.2fr)]"
      data-variant={name}
    >
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          <Dot color={colorOf(deployment.variants, name)} />
          <span className="break-all">{name}</span>
          {name === deployment.baseline ? <Tag>{t("most traffic")}</Tag> : null}
          {shadow ? <Tag>{t("shadow")}</Tag> : null}
        </p>
        <p className="mt-0.5 flex flex-wrap gap-x-2 text-xs text-soft">
          <ModelLink reference={model} />
          {traffic !== undefined && traffic.modelVersions.length > 0 ? (
            <span>
              {t("answered by version {{versions}}", { versions: traffic.modelVersions.join(", ") })}
            </span>
          ) : null}
        </p>
      </div>
      <div className="flex min-w-0 items-center gap-3">
        <input
          type="range"
          min={0}
          max={100}
          step={1}
          disabled={still}
          aria-label={t("Share of {{name}}", { name })}
          aria-valuetext={weightText(weight)}
          value={weight}
          onChange={(event) => onSlide(Number(event.target.value))}
          className="min-w-0 flex-1"
          style={{ accentColor: `var(${colorOf(deployment.variants, name)})` }}
        />
        {still ? (
          <span className="w-16 text-right font-medium tabular-nums">{weightText(weight)}</span>
        ) : (
          <span className="flex items-center gap-1">
            <input
              type="number"
              min={0}
              max={100}
              step="any"
              aria-label={t("Percent of {{name}}", { name })}
              value={weight}
              onChange={(event) => onType(Math.min(100, Math.max(0, Number(event.target.value))))}
              className="field w-20 text-right"
            />
            %
          </span>
        )}
        {canMove && !alone ? (
          <label className="flex items-center gap-1.5 text-xs whitespace-nowrap text-soft">
            <input type="checkbox" checked={shadow} onChange={(event) => onShadow(event.target.checked)} />
            {t("shadow")}
          </label>
        ) : null}
      </div>
      <Figures traffic={traffic} deployment={deployment} />
    </li>
  );
}

function Tag({ children }: { children: string }) {
  return (
    <span className="rounded-full bg-sunken px-2 py-0.5 text-2xs font-medium text-soft">{children}</span>
  );
}

/** Below the slider: what really came, in the window that is looked at. */
function Figures({ traffic, deployment }: { traffic: VariantTraffic | undefined; deployment: Deployment }) {
  const { t } = useTranslation();
  const shadows = new Set(deployment.variants.filter(({ shadow }) => shadow).map(({ name }) => name));
  const all = deployment.traffic
    .filter(({ variant }) => !shadows.has(variant))
    .reduce((sum, { requests }) => sum + requests, 0);
  const requests = traffic?.requests ?? 0;
  const isShadow = traffic !== undefined && shadows.has(traffic.variant);
  const facts: [string, string][] = [
    [t("now"), rateText(traffic?.requestsPerSecond ?? 0)],
    [t("requests"), String(requests)],
    [t("measured share"), isShadow || all === 0 ? "–" : percentText(requests / all)],
    [t("errors"), requests === 0 ? "–" : percentText((traffic?.errors ?? 0) / requests)],
    ["p50", latencyText(traffic?.p50)],
    ["p95", latencyText(traffic?.p95)],
    ["p99", latencyText(traffic?.p99)],
  ];
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-1 text-xs md:col-span-2">
      {facts.map(([label, value]) => (
        <div key={label} className="flex gap-1.5">
          <dt className="text-faint">{label}</dt>
          <dd className="font-medium tabular-nums" data-figure={label}>
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
