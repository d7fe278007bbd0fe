"""Fused RMSNorm and RoPE of the q, k and v heads of a packed row, as Gemma 4 runs them."""
