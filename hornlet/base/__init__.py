"""What every room stands on: configuration, names, nests, dtypes, the registry, files."""
