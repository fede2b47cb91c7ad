-- Outcomes of an endpoint by when they were told: what a report reads, and what retention takes away from the old end.
CREATE INDEX endpoint_outcome_by_age ON endpoint_outcome (endpoint, happened_at);
