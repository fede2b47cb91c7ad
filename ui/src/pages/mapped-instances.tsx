import { useTranslation } from "react-i18next";
import { useInstances } from "../api/queries.ts";
import type { InstanceDetail } from "../api/types.ts";
import { FilterMenu } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import { Loaded } from "../components/page.tsx";
import { allStates, useStateName } from "../components/state.tsx";
import { Pager, useOffset } from "../components/table.tsx";
import { InstanceTable } from "./run-tasks.tsx";

const pageSize = 1000;

/** The instances of a mapped task. */
export function MappedInstances({ instance }: { instance: InstanceDetail }) {
  const { t } = useTranslation();
  const name = useStateName();
  const [address, change] = useAddress();
  const offset = useOffset();
  const query = useInstances(instance.dagId, instance.runId, {
    task_id: instance.taskId,
    state: address["state"],
    order_by: address["sort"] ?? "task",
    limit: pageSize,
    offset,
  });
  return (
    <>
      <div className="mb-3">
        <FilterMenu
          title={t("State")}
          value={address["state"] ?? ""}
          onChange={(state) => change({ state, offset: undefined })}
          options={allStates
            .filter((state) => (instance.mappedCounts[state] ?? 0) > 0)
            .map((state) => ({ value: state, label: `${name(state)} (${instance.mappedCounts[state]})` }))}
        />
      </div>
      <Loaded query={query}>
        {({ instances, total }) => (
          <>
            <InstanceTable
              run={instance}
              rows={instances}
              sort={address["sort"] ?? "task"}
              onSort={(sort) => change({ sort })}
            />
            <Pager limit={pageSize} total={total} />
          </>
        )}
      </Loaded>
    </>
  );
}
