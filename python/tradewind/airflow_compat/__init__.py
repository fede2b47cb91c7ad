"""What the import surface named `airflow` is made of: authoring, operators, sensors, hooks."""
