/** From a page to the lineage of what it is about, for those who may see it. */
import { useTranslation } from "react-i18next";
import type { LineageKind } from "../../api/lineage.ts";
import { useMay } from "../../api/session.ts";
import { Icon } from "../../components/icons.tsx";
import { Link, paths } from "../../components/link.tsx";

export function LineageLink({ kind, id }: { kind: LineageKind; id: string }) {
  const { t } = useTranslation();
  if (!useMay()("read", "Experiments")) return null;
  return (
    <Link
      to={paths.lineage(kind, id)}
      className="inline-flex h-8 shrink-0 items-center gap-1.5 rounded-md border border-line-strong bg-surface px-3 text-sm font-medium hover:bg-sunken"
    >
      <Icon name="lineage" size={15} />
      {t("Lineage")}
    </Link>
  );
}
