import { useTranslation } from "react-i18next";
import { useImportErrors } from "../api/queries.ts";
import { Icon } from "../components/icons.tsx";
import { Link } from "../components/link.tsx";

export function ImportErrorsNotice() {
  const { t } = useTranslation();
  const { data } = useImportErrors();
  const first = data?.[0];
  if (first === undefined) return null;
  return (
    <Link
      to="/import_errors"
      className="mb-3 flex items-center gap-2.5 rounded-lg border border-danger/40 bg-danger-soft px-3 py-2 text-danger-text hover:border-danger"
    >
      <Icon name="alert" />
      <span className="shrink-0 font-medium">
        {t("{{count}} files did not import", { count: data?.length })}
      </span>
      <span className="min-w-0 flex-1 truncate font-mono text-xs">
        {first.file}
        {first.line === null ? "" : `:${first.line}`} · {first.message}
      </span>
      <Icon name="chevronRight" />
    </Link>
  );
}
