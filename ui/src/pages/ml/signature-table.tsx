/** What a model takes and gives. */
import { useTranslation } from "react-i18next";
import type { ModelVersionPage, SignatureColumn } from "../../api/tracking-types.ts";

export const signatureText = (columns: readonly SignatureColumn[]): string =>
  columns.map(({ name, type, required }) => `${name}: ${type}${required ? "" : "?"}`).join(", ");

export function SignatureTable({ signature }: { signature: NonNullable<ModelVersionPage["signature"]> }) {
  const { t } = useTranslation();
  const parts: [string, SignatureColumn[]][] = [
    [t("Inputs"), signature.inputs],
    [t("Outputs"), signature.outputs],
    [t("Parameters"), signature.params],
  ];
  return (
    <section className="card overflow-hidden" aria-label={t("Signature")}>
      <h2 className="px-4 pt-3 pb-2 font-semibold">{t("Signature")}</h2>
      <table className="w-full text-left text-sm" aria-label={t("Signature")}>
        {parts.map(([title, columns]) =>
          columns.length === 0 ? null : (
            <tbody key={title}>
              <tr>
                <th
                  scope="rowgroup"
                  colSpan={2}
                  className="border-y bg-sunken px-4 py-1 text-xs font-medium text-soft"
                >
                  {title} · {columns.length}
                </th>
              </tr>
              {columns.map(({ name, type, required }) => (
                <tr key={name} className="border-t">
                  <th scope="row" className="px-4 py-1 font-normal break-words">
                    {name}
                    {required ? null : <span className="ml-1 text-xs text-faint">{t("optional")}</span>}
                  </th>
                  <td className="px-4 py-1 font-mono text-xs text-soft">{type}</td>
                </tr>
              ))}
            </tbody>
          ),
        )}
      </table>
    </section>
  );
}
