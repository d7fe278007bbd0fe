"""Language-model head with int4 weights in Marlin's layout: logits, arg-max or exact top k for up to 16 tokens."""
