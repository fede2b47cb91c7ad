/** Files of a run or of a model: a tree beside what the chosen file holds. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client.ts";
import type { LoggedModelItem } from "../../api/tracking-types.ts";
import { Select } from "../../components/field.tsx";
import { Icon } from "../../components/icons.tsx";
import { useAddress } from "../../components/link.tsx";
import { bytesText } from "../../components/numbers.ts";
import { Empty, Failure, Loading } from "../../components/page.tsx";
import type { ArtifactFile } from "./artifact-files.ts";
import { placeOf } from "./artifact-reading.ts";
import { ArtifactView } from "./artifact-view.tsx";

/** `models`: other places whose files belong here, too. */
export function Artifacts({
  uri,
  subject,
  models,
}: {
  uri: string;
  /** Whose change shows new files. */
  subject: string;
  models: readonly Pick<LoggedModelItem, "modelId" | "name" | "artifactUri">[];
}) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const model = models.find(({ modelId }) => modelId === address["root"]);
  const shownUri = model?.artifactUri ?? uri;
  const place = placeOf(shownUri);
  const file = address["file"];
  if (place === null)
    return (
      <Empty icon="assets" title={t("The files are in a store of their own")}>
        <p className="font-mono text-xs break-all">{shownUri}</p>
      </Empty>
    );
  return (
    <div className="flex min-h-0 flex-1 flex-col md:flex-row">
      <div className="flex max-h-64 shrink-0 flex-col overflow-hidden border-b md:max-h-none md:w-72 md:border-r md:border-b-0">
        {models.length === 0 ? null : (
          <div className="border-b p-2">
            <Select
              label={t("Where")}
              value={model?.modelId ?? ""}
              options={[
                { value: "", label: t("Files of the run") },
                ...models.map(({ modelId, name }) => ({ value: modelId, label: `${t("Model")} ${name}` })),
              ]}
              onChange={(root) => change({ root, file: undefined })}
            />
          </div>
        )}
        <nav aria-label={t("Artifacts")} className="min-h-0 flex-1 overflow-auto p-2">
          <Folder
            key={place}
            place={place}
            path=""
            depth={0}
            subject={subject}
            chosen={file}
            onChoose={(path) => change({ file: path })}
          />
        </nav>
      </div>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        {file === undefined ? (
          <Empty icon="assets" title={t("Choose a file")} />
        ) : (
          <ArtifactView key={`${place}/${file}`} place={`${place}/${file}`} subject={subject} />
        )}
      </div>
    </div>
  );
}

interface FolderProps {
  place: string;
  /** Relative to the root. */
  path: string;
  depth: number;
  subject: string;
  chosen: string | undefined;
  onChoose: (path: string) => void;
}

function Folder(props: FolderProps) {
  const { t } = useTranslation();
  const { place, path, depth } = props;
  const { data, error, refetch } = useQuery({
    queryKey: ["ml", [props.subject], "files", place, path],
    queryFn: ({ signal }) =>
      get<{ files?: ArtifactFile[] }>(
        "/ajax-api/2.0/mlflow-artifacts/artifacts",
        { path: path === "" ? place : `${place}/${path}` },
        signal,
      ),
  });
  if (data === undefined)
    return error ? <Failure error={error} retry={() => void refetch()} /> : <Loading rows={3} />;
  const files = [...(data.files ?? [])].sort(
    (a, b) => Number(b.is_dir) - Number(a.is_dir) || (a.path < b.path ? -1 : 1),
  );
  if (files.length === 0)
    return depth === 0 ? (
      <p className="p-3 text-faint">{t("There are no files")}</p>
    ) : (
      <p className="text-xs text-faint" style={{ paddingLeft: 28 + depth * 14 }}>
        {t("empty")}
      </p>
    );
  return (
    <ul>
      {files.map((file) => (
        <Entry key={file.path} file={file} {...props} />
      ))}
    </ul>
  );
}

function Entry({ file, ...props }: FolderProps & { file: ArtifactFile }) {
  const { path, depth, chosen, onChoose } = props;
  const own = path === "" ? file.path : `${path}/${file.path}`;
  const [open, setOpen] = useState(chosen?.startsWith(`${own}/`) ?? false);
  const here = chosen === own;
  return (
    <li>
      <button
        type="button"
        aria-expanded={file.is_dir ? open : undefined}
        aria-current={here ? "true" : undefined}
        onClick={() => (file.is_dir ? setOpen(!open) : onChoose(own))}
        style={{ paddingLeft: 6 + depth * 14 }}
        className={`flex w-full items-center gap-1.5 rounded-md py-1 pr-2 text-left ${here ? "bg-accent-soft text-accent-text" : "hover:bg-sunken"}`}
      >
        {file.is_dir ? (
          <Icon name={open ? "chevronDown" : "chevronRight"} size={14} />
        ) : (
          <span className="w-3.5" />
        )}
        <Icon name={file.is_dir ? "folder" : "file"} size={15} />
        <span className="min-w-0 flex-1 truncate">{file.path}</span>
        {file.file_size === undefined ? null : (
          <span className="text-2xs text-faint tabular-nums">{bytesText(file.file_size)}</span>
        )}
      </button>
      {open ? <Folder {...props} path={own} depth={depth + 1} /> : null}
    </li>
  );
}
