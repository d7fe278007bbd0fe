"""The output head with int4 weights in Marlin's layout: weight format, packing and import of checkpoints."""
