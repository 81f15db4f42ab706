"""Trains, evaluates, registers and serves the model; each module that has a `main` is a program."""
