"""Pods of Kubernetes: their manifests, and following them."""
