"""Decode kernels: one folder per operation, each with its definition, references, variants and compiled artifacts."""
