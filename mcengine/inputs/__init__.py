"""From TOML files to checked, frozen objects: plans, assumption sets and studies.

`catalog` (names and files) can be imported without the rest, which needs pydantic and scipy.
"""
