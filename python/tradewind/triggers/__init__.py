"""Triggers: what a deferred task waits for, as asynchronous generators."""
