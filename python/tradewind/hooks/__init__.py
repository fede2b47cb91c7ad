"""Hooks: clients of outside systems, made from connections."""
