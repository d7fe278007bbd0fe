"""Split-KV attention for decode over a paged cache."""
