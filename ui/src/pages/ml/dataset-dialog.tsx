/** A data set that a run used: where it is from, its columns, its profile. */
import { useTranslation } from "react-i18next";
import type { DatasetUse } from "../../api/tracking-types.ts";
import type { Json } from "../../api/types.ts";
import { Dialog } from "../../components/dialog.tsx";
import { JsonView } from "../../components/json-view.tsx";
import { Facts } from "../grid-side.tsx";

/** What clients keep as JSON, else the text. */
function parsed(text: string | null): Json {
  if (text === null || text === "") return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

export function DatasetDialog({ dataset, onClose }: { dataset: DatasetUse; onClose: () => void }) {
  const { t } = useTranslation();
  const parts: [string, Json][] = [
    [t("Source"), parsed(dataset.source)],
    [t("Schema"), parsed(dataset.schema)],
    [t("Profile"), parsed(dataset.profile)],
  ];
  return (
    <Dialog open wide title={dataset.name} onClose={onClose}>
      <Facts
        facts={[
          [t("Digest"), dataset.digest],
          [t("Used for"), dataset.context || "–"],
          [t("Type of source"), dataset.sourceType],
        ]}
      />
      {parts.map(([title, value]) =>
        value === null ? null : (
          <section key={title} className="mt-4">
            <h3 className="mb-1 font-semibold">{title}</h3>
            <JsonView value={value} />
          </section>
        ),
      )}
    </Dialog>
  );
}
