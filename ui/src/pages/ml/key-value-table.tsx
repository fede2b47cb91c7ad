import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "../../components/link.tsx";

const searchFrom = 12;

/** Names and values; many can be searched. */
export function KeyValueTable({
  title,
  rows,
  linkOf,
}: {
  title: string;
  rows: readonly { key: string; value: string }[];
  linkOf?: (key: string) => string;
}) {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const small = words.toLowerCase();
  const shown = rows.filter(
    ({ key, value }) => key.toLowerCase().includes(small) || value.toLowerCase().includes(small),
  );
  return (
    <div className="card min-w-0 overflow-hidden">
      <div className="flex items-center gap-2 px-4 pt-3 pb-2">
        <h2 className="font-semibold">{title}</h2>
        <span className="text-xs text-faint tabular-nums">{rows.length}</span>
        {rows.length < searchFrom ? null : (
          <input
            type="search"
            aria-label={t("Search in {{name}}", { name: title })}
            placeholder={t("Search")}
            value={words}
            onChange={(event) => setWords(event.target.value)}
            className="field ml-auto !h-7 w-32 text-xs"
          />
        )}
      </div>
      {rows.length === 0 ? (
        <p className="px-4 pb-3 text-faint">{t("There is none")}</p>
      ) : (
        <div className="max-h-96 overflow-y-auto" tabIndex={0} role="region" aria-label={title}>
          <table className="w-full table-fixed text-left text-sm" aria-label={title}>
            <tbody>
              {shown.map(({ key, value }) => (
                <tr key={key} className="border-t hover:bg-sunken/60">
                  <th scope="row" className="px-4 py-1.5 align-top font-normal break-words text-soft">
                    {linkOf === undefined ? (
                      key
                    ) : (
                      <Link to={linkOf(key)} className="hover:text-accent-text hover:underline">
                        {key}
                      </Link>
                    )}
                  </th>
                  <td className="px-4 py-1.5 align-top font-medium break-words">{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
