/** Rollback, variants and deletion of an endpoint, for those who may. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { deleteEndpoint, useChanges } from "../../api/serving.ts";
import { useMay } from "../../api/session.ts";
import type { Deployment } from "../../api/types.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { paths, useGo } from "../../components/link.tsx";
import { Menu, MenuItem, MenuLine } from "../../components/menu.tsx";
import { GuardrailDialog } from "./deployment-guardrails.tsx";
import { RollBackDialog } from "./deployment-history.tsx";
import { VariantsDialog } from "./deployment-variants.tsx";
import { RolloutDialog } from "./rollout-form.tsx";

type Asked = "back" | "canary" | "variants" | "guardrails" | "delete";

export function DeploymentActions({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const may = useMay()("edit", "Registered Models");
  const [asked, setAsked] = useState<Asked | null>(null);
  const { data } = useChanges(deployment.name, deployment.generation);
  if (!may) return null;
  const now = JSON.stringify(deployment.variants);
  const target = data?.changes.find(
    ({ generation, variants }) => generation < deployment.generation && JSON.stringify(variants) !== now,
  );
  const close = (): void => setAsked(null);
  return (
    <>
      <Button icon="history" disabled={target === undefined} onClick={() => setAsked("back")}>
        {t("Roll back")}
      </Button>
      <Menu trigger={<IconButton icon="more" label={t("More actions")} kind="plain" />}>
        <MenuItem icon="rocket" onSelect={() => setAsked("canary")}>
          {t("New canary rollout")}
        </MenuItem>
        <MenuItem icon="edit" onSelect={() => setAsked("variants")}>
          {t("Change the variants")}
        </MenuItem>
        <MenuItem icon="bell" onSelect={() => setAsked("guardrails")}>
          {t("Change the guardrails")}
        </MenuItem>
        <MenuLine />
        <MenuItem icon="trash" danger onSelect={() => setAsked("delete")}>
          {t("Delete the endpoint")}
        </MenuItem>
      </Menu>
      {asked === "back" && target !== undefined ? (
        <RollBackDialog deployment={deployment} target={target} onClose={close} />
      ) : null}
      {asked === "canary" ? <RolloutDialog deployment={deployment} onClose={close} /> : null}
      {asked === "variants" ? <VariantsDialog deployment={deployment} onClose={close} /> : null}
      {asked === "guardrails" ? <GuardrailDialog deployment={deployment} onClose={close} /> : null}
      {asked === "delete" ? <DeleteDialog name={deployment.name} onClose={close} /> : null}
    </>
  );
}

function DeleteDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation();
  const go = useGo();
  const remove = useAct(() => deleteEndpoint(name), t("The endpoint was deleted"));
  return (
    <Confirm
      title={t("Delete {{name}}?", { name })}
      act={t("Delete")}
      onClose={onClose}
      onConfirm={() => remove.mutate(undefined, { onSuccess: () => go(paths.deployments) })}
    >
      {t("Requests to it are refused from then on. Its figures and its history go, too.")}
    </Confirm>
  );
}
