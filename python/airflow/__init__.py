"""Airflow's import surface without Airflow: every module below is served by `tradewind.surface`."""

from tradewind.surface import activate

activate(__name__)
