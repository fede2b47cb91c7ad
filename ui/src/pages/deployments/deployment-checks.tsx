/** What monitors found lately about an endpoint. */
import { useTranslation } from "react-i18next";
import { useChecks } from "../../api/checks.ts";
import { useMay } from "../../api/session.ts";
import type { Deployment } from "../../api/types.ts";
import { Link, paths } from "../../components/link.tsx";
import { OutcomeBadge } from "../../components/outcome.tsx";
import { Time } from "../../components/time.tsx";
import { useKindName } from "../checks/checks.tsx";

const shown = 6;

export function DeploymentChecks({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const kindName = useKindName();
  const may = useMay()("read", "Experiments");
  const { data } = useChecks({ endpoint: deployment.name, limit: shown }, may);
  if (data === undefined || data.checks.length === 0) return null;
  return (
    <section className="card p-4" aria-label={t("Checks")}>
      <h3 className="mb-2 font-semibold">{t("Checks")}</h3>
      <ul className="flex flex-col gap-1.5 text-sm">
        {data.checks.map((one) => (
          <li key={one.id} className="flex flex-wrap items-center gap-x-3">
            <OutcomeBadge outcome={one.outcome} small />
            <Link to={paths.check(one.id)} className="link break-words">
              {one.name}
            </Link>
            <span className="text-xs text-soft">{kindName(one.kind)}</span>
            <span className="ml-auto text-xs text-soft">
              <Time at={Date.parse(one.created_at)} relative />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
