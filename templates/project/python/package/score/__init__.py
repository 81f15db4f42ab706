"""The scoring server: `python -m {= package =}.score`. Every setting is an environment variable, see `settings`."""
