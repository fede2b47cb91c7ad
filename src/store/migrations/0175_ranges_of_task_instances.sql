-- Which dates and states each few pages of the instances hold: lists by date, and by a state that few have, leave most of
-- the table unread.
--
-- From PostgreSQL 16 on an update that changes only columns of such an index stays on its page. Before, it would not, and
-- the states of tasks change too often for that: there the index is not made.
DO $$
BEGIN
    IF current_setting('server_version_num')::int >= 160000 THEN
        CREATE INDEX task_instance_ranges ON task_instance
        USING brin (start_date, end_date, state text_bloom_ops (n_distinct_per_range = 16, false_positive_rate = 0.01))
        WITH (pages_per_range = 32);
    END IF;
END
$$;
