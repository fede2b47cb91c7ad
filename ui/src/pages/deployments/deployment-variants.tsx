/** Which models answer under an endpoint: variants added, pointed elsewhere, removed. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { moveTraffic } from "../../api/serving.ts";
import type { Deployment, EndpointVariant } from "../../api/types.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { share, sumOfWeights } from "./traffic-weights.ts";

/** A new variant begins without traffic; the sliders give it some. */
const fresh = (variants: readonly EndpointVariant[]): EndpointVariant => ({
  name: variants.some(({ name }) => name === "canary") ? `variant-${variants.length + 1}` : "canary",
  model: "",
  weight: 0,
  shadow: false,
});

export function VariantsDialog({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const { t } = useTranslation();
  const [variants, setVariants] = useState<readonly EndpointVariant[]>(deployment.variants);
  const [generation] = useState(deployment.generation);
  const save = useAct(
    () => moveTraffic(deployment.name, { variants, generation }),
    t("The variants were changed"),
  );
  const set = (place: number, change: Partial<EndpointVariant>): void =>
    setVariants(variants.map((one, at) => (at === place ? { ...one, ...change } : one)));
  /** Its traffic goes to the others. */
  const remove = (name: string): void =>
    setVariants(share(variants, name, 0).filter((one) => one.name !== name));
  const complete =
    variants.every(({ name, model }) => name !== "" && model !== "") &&
    new Set(variants.map(({ name }) => name)).size === variants.length &&
    sumOfWeights(variants) === 100;
  return (
    <Dialog
      open
      wide
      title={t("Change the variants")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button
            kind="primary"
            disabled={!complete || save.isPending}
            onClick={() => save.mutate(undefined, { onSuccess: onClose })}
          >
            {t("Save")}
          </Button>
        </>
      }
    >
      <ul className="flex flex-col gap-3">
        {variants.map((one, place) => (
          // oxlint-disable-next-line react/no-array-index-key -- the name is what is being typed
          <li key={place} className="flex flex-wrap items-center gap-2">
            <input
              aria-label={t("Name of the variant")}
              className="field w-36"
              value={one.name}
              onChange={(event) => set(place, { name: event.target.value })}
            />
            <input
              aria-label={t("Model of {{name}}", { name: one.name })}
              className="field min-w-48 flex-1 font-mono"
              placeholder="models:/churn/4"
              value={one.model}
              onChange={(event) => set(place, { model: event.target.value })}
            />
            <IconButton
              icon="trash"
              label={t("Remove {{name}}", { name: one.name })}
              disabled={variants.filter(({ shadow }) => !shadow).length < 2 && !one.shadow}
              onClick={() => remove(one.name)}
            />
          </li>
        ))}
      </ul>
      <Button className="mt-3" small icon="plus" onClick={() => setVariants([...variants, fresh(variants)])}>
        {t("Add a variant")}
      </Button>
      <p className="mt-3 text-xs text-faint">
        {t(
          "A new variant gets its traffic by the sliders. A model is loaded before the first request reaches it.",
        )}
      </p>
    </Dialog>
  );
}
