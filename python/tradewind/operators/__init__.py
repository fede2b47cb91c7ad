"""Airflow's operators, under the names and arguments of both eras."""
