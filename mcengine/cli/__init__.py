"""The command line: one file per command.

Nothing heavy is imported when a module here is imported: numpy, numba, pydantic and the like come in inside
the functions that need them, so that `mcengine --help` answers at once.
"""
