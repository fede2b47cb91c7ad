/** Asks before the traffic changes: what it is, what it will be, and why. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { EndpointVariant } from "../../api/types.ts";
import { Confirm } from "../../components/confirm.tsx";
import { Field } from "../../components/field.tsx";
import { Icon } from "../../components/icons.tsx";
import { weightText } from "./deployment-parts.tsx";

export function ChangeDialog({
  title,
  act,
  before,
  after,
  onClose,
  onConfirm,
}: {
  title: string;
  act: string;
  before: readonly EndpointVariant[];
  after: readonly EndpointVariant[];
  onClose: () => void;
  onConfirm: (reason: string) => void;
}) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  return (
    <Confirm title={title} act={act} kind="primary" onClose={onClose} onConfirm={() => onConfirm(reason)}>
      <Shift before={before} after={after} />
      <div className="mt-4">
        <Field label={t("Reason")} hint={t("It stands in the history of the endpoint.")}>
          {(id) => (
            <input
              id={id}
              className="field"
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
      </div>
    </Confirm>
  );
}

/** Each variant with its weight before and after. */
export function Shift({
  before,
  after,
}: {
  before: readonly EndpointVariant[];
  after: readonly EndpointVariant[];
}) {
  const { t } = useTranslation();
  const names = [...new Set([...before, ...after].map(({ name }) => name))];
  const words = (list: readonly EndpointVariant[], name: string): string => {
    const found = list.find((one) => one.name === name);
    if (found === undefined) return t("not there");
    return found.shadow ? t("shadow") : weightText(found.weight);
  };
  return (
    <ul className="flex flex-col gap-1.5">
      {names.map((name) => {
        const [from, to] = [words(before, name), words(after, name)];
        const [old, next] = [before, after].map((list) => list.find((one) => one.name === name)?.model);
        return (
          <li key={name} className="flex flex-wrap items-center gap-x-3 gap-y-0.5">
            <span className="min-w-28 font-medium break-all">{name}</span>
            <span className="text-soft tabular-nums">{from}</span>
            <span className="text-faint">
              <Icon name="chevronRight" size={14} />
            </span>
            <span className={`tabular-nums ${from === to ? "text-soft" : "font-semibold"}`}>{to}</span>
            {old !== undefined && next !== undefined && old !== next ? (
              <span className="font-mono text-2xs break-all text-faint">
                {old} → {next}
              </span>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
