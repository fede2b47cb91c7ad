"""Partition mappers and windows, against what Airflow 3.3.2 answered."""

import unittest
from typing import Any

from tradewind.airflow_compat import partition_mappers as mappers
from tradewind.airflow_compat import partition_windows as windows

KEY = "2024-05-15T10:42:15"
# Of a mapper: the downstream key, and the start of its period as an upstream key. Of a window: how many upstream keys, the
# first and the last one.
RECORDED = {
    "StartOfHourMapper": ["2024-05-15T10", "2024-05-15T10:00:00"],
    "StartOfDayMapper": ["2024-05-15", "2024-05-15T00:00:00"],
    "StartOfWeekMapper": ["2024-05-13 (W20)", "2024-05-13T00:00:00"],
    "StartOfMonthMapper": ["2024-05", "2024-05-01T00:00:00"],
    "StartOfQuarterMapper": ["2024-Q2", "2024-04-01T00:00:00"],
    "StartOfYearMapper": ["2024", "2024-01-01T00:00:00"],
    "zone": "2024-05-14",
    "DayWindow forward": [24, "2024-05-15T00:00:00", "2024-05-15T23:00:00"],
    "DayWindow backward": [24, "2024-05-14T01:00:00", "2024-05-15T00:00:00"],
    "WeekWindow forward": [7, "2024-05-13T00:00:00", "2024-05-19T00:00:00"],
    "WeekWindow backward": [7, "2024-05-07T00:00:00", "2024-05-13T00:00:00"],
    "MonthWindow forward": [31, "2024-05-01T00:00:00", "2024-05-31T00:00:00"],
    "MonthWindow backward": [30, "2024-04-02T00:00:00", "2024-05-01T00:00:00"],
    "QuarterWindow forward": [3, "2024-04-01T00:00:00", "2024-06-01T00:00:00"],
    "QuarterWindow backward": [3, "2024-02-01T00:00:00", "2024-04-01T00:00:00"],
    "YearWindow forward": [12, "2024-01-01T00:00:00", "2024-12-01T00:00:00"],
    "YearWindow backward": [12, "2023-02-01T00:00:00", "2024-01-01T00:00:00"],
    "HourWindow forward": [60, "2024-05-15T10:00:00", "2024-05-15T10:59:00"],
    "HourWindow backward": [60, "2024-05-15T09:01:00", "2024-05-15T10:00:00"],
    "fan": ["2024-05-13", "2024-05-14", "2024-05-15", "2024-05-16", "2024-05-17", "2024-05-18", "2024-05-19"],
    "product": "us|2024-05-15",
    "chain": "2024-05",
}


class Partitions(unittest.TestCase):
    def test_mappers_give_the_keys_that_airflow_gives(self) -> None:
        for name in ("Hour", "Day", "Week", "Month", "Quarter", "Year"):
            mapper = getattr(mappers, f"StartOf{name}Mapper")()
            key = mapper.to_downstream(KEY)
            self.assertEqual([key, mapper.encode_upstream(mapper.decode_downstream(key))], RECORDED[f"StartOf{name}Mapper"])
        zoned = mappers.StartOfDayMapper(timezone="America/New_York", input_format="%Y-%m-%dT%H:%M:%S%z")
        self.assertEqual(zoned.to_downstream("2024-05-15T02:00:00+0000"), RECORDED["zone"])

    def test_windows_hold_the_keys_that_airflow_waits_for(self) -> None:
        for name in ("Hour", "Day", "Week", "Month", "Quarter", "Year"):
            for direction in ("forward", "backward"):
                window = getattr(windows, f"{name}Window")(direction=direction)
                mapper = mappers.RollupMapper(upstream_mapper=getattr(mappers, f"StartOf{name}Mapper")(), window=window)
                keys = sorted(mapper.to_upstream(str(mapper.to_downstream(KEY))))
                self.assertEqual([len(keys), keys[0], keys[-1]], RECORDED[f"{name}Window {direction}"])

    def test_mappers_of_mappers(self) -> None:
        days = mappers.FanOutMapper(upstream_mapper=mappers.StartOfWeekMapper(), window=windows.WeekWindow())
        self.assertEqual(list(days.to_downstream(KEY)), RECORDED["fan"])
        product = mappers.ProductMapper(mappers.IdentityMapper(), mappers.StartOfDayMapper())
        self.assertEqual(product.to_downstream(f"us|{KEY}"), RECORDED["product"])
        chain = mappers.ChainMapper(mappers.StartOfDayMapper(), mappers.StartOfMonthMapper(input_format="%Y-%m-%d"))
        self.assertEqual(chain.to_downstream(KEY), RECORDED["chain"])

    def test_what_cannot_be_is_refused(self) -> None:
        def half() -> Any:
            class Half(mappers.PartitionMapper):
                def decode_downstream(self, downstream_key: str) -> Any:
                    return 1

            return Half

        self.assertRaises(TypeError, half)
        self.assertRaises(TypeError, lambda: mappers.RollupMapper(upstream_mapper=mappers.IdentityMapper(), window=windows.DayWindow()))
        self.assertRaises(ValueError, lambda: mappers.FanOutMapper(upstream_mapper=mappers.StartOfHourMapper(), window=windows.HourWindow()))
        self.assertRaises(ValueError, lambda: windows.MinimumCount(0))
        self.assertRaises(ValueError, lambda: windows.SegmentWindow([]))
        self.assertRaises(ValueError, lambda: mappers.ProductMapper(mappers.IdentityMapper(), mappers.IdentityMapper()).to_downstream("one"))

    def test_a_rollup_may_wait_for_fewer(self) -> None:
        for policy, enough, short in [(windows.WaitForAll(), 7, 6), (windows.MinimumCount(2), 2, 1), (windows.MinimumCount(-1), 6, 5)]:
            self.assertTrue(policy.is_satisfied(enough, 7), policy)
            self.assertFalse(policy.is_satisfied(short, 7), policy)

    def test_what_a_partition_needs_is_told_for_each_asset(self) -> None:
        from tradewind.airflow_compat.assets import Asset
        from tradewind.airflow_compat.partitions import PartitionedAssetTimetable
        from tradewind.partition_answers import complete

        world, prices, days = Asset("world"), Asset("prices"), Asset("days")
        regions = mappers.RollupMapper(
            upstream_mapper=mappers.FixedKeyMapper("all"), window=windows.SegmentWindow(["us", "eu"]), wait_policy=windows.MinimumCount(1)
        )
        broken = mappers.RollupMapper(upstream_mapper=mappers.StartOfDayMapper(), window=windows.DayWindow())
        timetable = PartitionedAssetTimetable(assets=world & prices & days, partition_mapper_config={world: regions, days: broken})
        waiting = {"key": "all", "events": [{"name": "world", "uri": "world", "key": "us"}], "describe": True}
        told, short = complete(timetable, [waiting, {**waiting, "describe": False}])
        self.assertEqual(told["assets"], [{"name": "world", "uri": "world"}])
        self.assertNotIn("needs", short)
        needs = {one["name"]: one for one in told["needs"]}
        self.assertEqual([needs["world"][part] for part in ("isRollup", "keys", "enough")], [True, ["eu", "us"], 1])
        self.assertEqual([needs["prices"][part] for part in ("isRollup", "keys", "enough")], [False, ["all"], 1])
        self.assertRegex(needs["days"]["problem"], "^ValueError: ")


if __name__ == "__main__":
    unittest.main()
