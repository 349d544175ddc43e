"""Costs of models: parameters, MACs, throughput."""
