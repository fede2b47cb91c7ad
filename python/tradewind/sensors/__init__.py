"""Airflow's sensors, under the names and arguments of both eras."""
