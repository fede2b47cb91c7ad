"""The Python side of Tradewind: Dag files of Apache Airflow 2 and 3, imported and run without Airflow."""
