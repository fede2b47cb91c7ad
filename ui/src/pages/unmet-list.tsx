import { useTranslation } from "react-i18next";
import type { InstanceDetail } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { useServerText } from "../i18n/use-server-text.ts";

/** Why it is not running: each check that is not met, in words. */
export function UnmetList({ instance }: { instance: InstanceDetail }) {
  const { t } = useTranslation();
  const translated = useServerText();
  if (instance.unmet.length === 0) return null;
  return (
    <section aria-label={t("Why it is not running")} className="rounded-md bg-warn-soft p-3 text-warn-text">
      <h3 className="mb-1.5 flex items-center gap-1.5 font-medium">
        <Icon name="info" size={15} />
        {t("Why it is not running")}
      </h3>
      <ul className="flex flex-col gap-1">
        {instance.unmet.map(({ check, reason }) => (
          <li key={check + reason} className="break-words">
            <span className="font-medium">{translated(check)}:</span> {translated(reason)}
          </li>
        ))}
      </ul>
    </section>
  );
}
