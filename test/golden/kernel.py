def kernel(out, i, value):
    store(out + i, value)
    return load(out + 1 - i)
