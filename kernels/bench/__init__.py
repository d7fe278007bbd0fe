"""How fast the operators are on a device: measurements, run by hand."""
