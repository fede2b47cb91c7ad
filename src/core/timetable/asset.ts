import { exactInterval, type Timetable } from "./timetable.ts";

/** Waits for assets (`asset-schedule.ts` says when); time starts nothing. `AssetTriggeredTimetable`. */
export const assetTriggered: Timetable = {
  summary: "Asset",
  periodic: false,
  canBeScheduled: true,
  activeRunsLimit: null,
  next: () => null,
  manualDataInterval: exactInterval,
  validate: () => {},
};

/** `PartitionedAssetTimetable`. */
export const partitionTriggered: Timetable = { ...assetTriggered, summary: "Partitioned Asset" };

/** Runs by time, and besides whenever its assets are there; `AssetOrTimeSchedule`. */
export function assetOrTime(timetable: Timetable): Timetable {
  return { ...timetable, summary: `Asset or ${timetable.summary}` };
}
