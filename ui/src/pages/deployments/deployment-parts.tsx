/** What the pages of deployments share: how traffic is drawn, and what changes are called. */
import { useTranslation } from "react-i18next";
import type { EndpointVariant } from "../../api/types.ts";
import { seriesColor } from "../../components/numbers.ts";

/** Variants in the order of the endpoint: a variant keeps its colour on the whole page. */
export const colorOf = (variants: readonly { name: string }[], name: string): string => {
  const place = variants.findIndex((one) => one.name === name);
  return place < 0 ? "--ink-faint" : seriesColor(place);
};

export const weightText = (weight: number): string => `${Number(weight.toFixed(2))} %`;

/** Who gets which part, as one bar with names below. */
export function TrafficBar({ variants }: { variants: readonly EndpointVariant[] }) {
  const { t } = useTranslation();
  const words = variants
    .map(({ name, weight, shadow }) =>
      shadow ? `${name}: ${t("shadow")}` : `${name}: ${weightText(weight)}`,
    )
    .join(", ");
  return (
    <span className="flex flex-col gap-1">
      <span
        role="img"
        aria-label={words}
        title={words}
        className="flex h-2 w-full overflow-hidden rounded-full bg-sunken"
      >
        {variants.map(({ name, weight }) =>
          weight === 0 ? null : (
            <span
              key={name}
              style={{ flexGrow: weight, flexBasis: 0, background: `var(${colorOf(variants, name)})` }}
            />
          ),
        )}
      </span>
      <span className="flex flex-wrap gap-x-3 text-2xs text-soft" aria-hidden="true">
        {variants.map(({ name, weight, shadow }) => (
          <span key={name} className="inline-flex items-center gap-1">
            <Dot color={colorOf(variants, name)} />
            {name} {shadow ? t("shadow") : weightText(weight)}
          </span>
        ))}
      </span>
    </span>
  );
}

export function Dot({ color }: { color: string }) {
  return <span className="size-2 shrink-0 rounded-full" style={{ background: `var(${color})` }} />;
}

/** What a change of the traffic was. */
export function useChangeName(): (kind: string) => string {
  const { t } = useTranslation();
  const names: { [kind: string]: string } = {
    created: t("Created"),
    traffic: t("Traffic moved"),
    promoted: t("Promoted"),
    rolled_back: t("Rolled back"),
    guardrail: t("Stopped by a guardrail"),
    rollout: t("Step of a rollout"),
  };
  return (kind) => names[kind] ?? kind;
}
